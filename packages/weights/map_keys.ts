import { FormatError } from "./format_error.ts";
import { quoted } from "./json_object.ts";
import { type FoundKey, KeyFinder, type KeyMap } from "./key_map.ts";
import { readRows } from "./read_rows.ts";
import { missingWeight } from "./require_tensor.ts";
import type { RowRange } from "./row_range.ts";
import type { TensorInfo, WeightSource } from "./weight_source.ts";

/** Options of {@linkcode mapKeys}. */
export interface MapKeysOptions {
  /**
   * Text in front of all names of the model; names without are left out.
   *
   * @default {""}
   */
  prefix?: string;
}

/** Where an array is in the file. */
interface Place {
  readonly source: string;
  readonly info: TensorInfo;
  /** Rows of it; undefined for all. */
  readonly rows: RowRange | undefined;
  readonly halvesSwapped: boolean;
}

/**
 * Presents the arrays of a file in another layout under the names, and with
 * the shapes, that the models here load.
 *
 * @param source Weights, which become the result's to close.
 * @param map Names of the layout. Arrays it does not have are left out.
 * @param options See {@linkcode MapKeysOptions}.
 * @returns The same arrays, fused layers apart; data is still read when asked for.
 *
 * @throws {FormatError} If a fused layer has too few rows, or two arrays have
 * one name.
 *
 * @example Usage
 * ```ts
 * import { mapKeys, memoryWeights, widen } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const source = mapKeys(
 *   memoryWeights({
 *     "blocks.0.qkv.weight": { dtype: "F32", shape: [3, 1], data: Float32Array.of(1, 2, 3) },
 *   }),
 *   [{ from: "blocks.{i}.qkv", to: ["layers.{i}.q", "layers.{i}.k", "layers.{i}.v"] }],
 * );
 *
 * assert.deepEqual(source.info("layers.0.k.weight").shape, [1, 1]);
 * assert.deepEqual([...widen(await source.read("layers.0.k.weight"), "F32")], [2]);
 * ```
 */
export function mapKeys(
  source: WeightSource,
  map: KeyMap,
  options: MapKeysOptions = {},
): WeightSource {
  const { prefix = "" } = options;
  const names = [...source.names()].filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length));
  const finder = new KeyFinder(map, names);
  const places = new Map<string, Place>();
  for (const name of names) {
    const found = finder.find(name);
    if (found === undefined) continue;
    for (const place of placesOf(source, prefix + name, { found, prefix })) {
      const other = places.get(place.info.name);
      if (other !== undefined) {
        throw new FormatError(
          `Cannot read "${source.path}" as ${
            quoted(place.info.name)
          } must be one ` +
            `array: got ${quoted(other.source)} and ${quoted(place.source)}`,
          { path: source.path },
        );
      }
      places.set(place.info.name, place);
    }
  }
  return new Mapped(source, places);
}

/** Where the arrays are that one array of the file holds. */
function placesOf(
  source: WeightSource,
  name: string,
  { found, prefix }: { found: FoundKey; prefix: string },
): readonly Place[] {
  const { names, layer, entry } = found;
  const { dtype, shape: stored, sizeBytes } = source.info(name);
  const { halvesSwapped = false, pointwise = false } = entry;
  const shape = pointwise && stored.length === 4 && stored[2] === 1 &&
      stored[3] === 1
    ? stored.slice(0, 2)
    : stored;
  const fail = (rule: string) =>
    new FormatError(
      `Cannot read tensor ${
        quoted(name)
      } of "${source.path}" as ${rule}: got [${stored.join(", ")}]`,
      { path: source.path },
    );
  const [total = 0] = shape;
  if (halvesSwapped && total % 2 !== 0) {
    throw fail("its rows must be two halves");
  }
  if (names.length === 1) {
    const info = { name: names[0]!, dtype, shape, sizeBytes };
    return [{ source: name, info, rows: undefined, halvesSwapped }];
  }
  const weight = `${prefix}${layer}.weight`;
  const inputs = source.has(weight) ? source.info(weight).shape[1] : undefined;
  const rest = total - (names.length - 1) * (inputs ?? 0);
  if (inputs === undefined || rest <= 0) {
    throw fail(
      `it must hold ${names.join(", ")}, all but the last of ${
        inputs ?? "as many"
      } rows`,
    );
  }
  return names.map((part, k) => {
    const start = k * inputs;
    const size = k === names.length - 1 ? rest : inputs;
    const info = {
      name: part,
      dtype,
      shape: [size, ...shape.slice(1)],
      sizeBytes: sizeBytes / total * size,
    };
    const rows = { start, end: start + size };
    return { source: name, info, rows, halvesSwapped };
  });
}

class Mapped implements WeightSource {
  readonly #source: WeightSource;
  readonly #places: ReadonlyMap<string, Place>;

  constructor(source: WeightSource, places: ReadonlyMap<string, Place>) {
    this.#source = source;
    this.#places = places;
  }

  get path(): string {
    return this.#source.path;
  }

  get metadata(): Readonly<Record<string, string>> {
    return this.#source.metadata;
  }

  names(): Iterable<string> {
    return this.#places.keys();
  }

  has(name: string): boolean {
    return this.#places.has(name);
  }

  info(name: string): TensorInfo {
    return this.#find(name).info;
  }

  async read(name: string): Promise<Uint8Array<ArrayBuffer>> {
    const { source, rows, halvesSwapped } = this.#find(name);
    const bytes = rows === undefined
      ? await this.#source.read(source)
      : await readRows(this.#source, source, rows);
    return halvesSwapped ? swapHalves(bytes) : bytes;
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #find(name: string): Place {
    const place = this.#places.get(name);
    if (place !== undefined) return place;
    throw missingWeight(this, name);
  }
}

function swapHalves(
  bytes: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const half = bytes.length / 2;
  const swapped = new Uint8Array(bytes.length);
  swapped.set(bytes.subarray(half));
  swapped.set(bytes.subarray(0, half), half);
  return swapped;
}
