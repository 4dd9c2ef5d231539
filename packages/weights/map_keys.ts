import { FormatError } from "./format_error.ts";
import { halvesSwapped as swapped } from "./halves_swapped.ts";
import { joinBytes } from "./join_bytes.ts";
import { quoted } from "./json_object.ts";
import { type FoundKey, KeyFinder, type KeyMap } from "./key_map.ts";
import { readRows } from "./read_rows.ts";
import { missingWeight } from "./require_tensor.ts";
import { readStored } from "./read_stored.ts";
import { rowBytes, type RowRange } from "./row_range.ts";
import type { TensorInfo, WeightSource } from "./weight_source.ts";

/** Options of {@linkcode mapKeys}. */
export interface MapKeysOptions {
  /**
   * Text in front of all names of the model; names without are left out.
   *
   * @default {""}
   */
  readonly prefix?: string | undefined;
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
 * @param map Names of the layout. Arrays that it does not have keep their names.
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
    const here = found === undefined
      ? [placeAs(source, prefix + name, name)]
      : placesOf(source, prefix + name, { found, prefix });
    for (const place of here) {
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

/** Where an array is that the layout does not have. */
function placeAs(source: WeightSource, name: string, here: string): Place {
  const info = { ...source.info(name), name: here };
  return { source: name, info, rows: undefined, halvesSwapped: false };
}

/** Where the arrays are that one array of the file holds. */
function placesOf(
  source: WeightSource,
  name: string,
  { found, prefix }: { found: FoundKey; prefix: string },
): readonly Place[] {
  const { names, layer, entry } = found;
  const whole = source.info(name);
  const { shape: fileShape, sizeBytes, stored } = whole;
  const { halvesSwapped = false, pointwise = false } = entry;
  const shape = pointwise && fileShape.length === 4 && fileShape[2] === 1 &&
      fileShape[3] === 1
    ? fileShape.slice(0, 2)
    : fileShape;
  const fail = (rule: string) =>
    new FormatError(
      `Cannot read tensor ${
        quoted(name)
      } of "${source.path}" as ${rule}: got [${fileShape.join(", ")}]`,
      { path: source.path },
    );
  const [total = 0] = shape;
  if (halvesSwapped && total % 2 !== 0) {
    throw fail("its rows must be two halves");
  }
  if (names.length === 1) {
    const info = { ...whole, name: names[0]!, shape };
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
      ...whole,
      name: part,
      shape: [size, ...shape.slice(1)],
      sizeBytes: sizeBytes / total * size,
      ...stored === undefined ? {} : {
        stored: { ...stored, sizeBytes: stored.sizeBytes / total * size },
      },
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
    const { source, rows, info, halvesSwapped } = this.#find(name);
    if (rows !== undefined || halvesSwapped) {
      return await this.readRows(name, { start: 0, end: info.shape[0]! });
    }
    return await this.#source.read(source);
  }

  readRows(
    name: string,
    rows: RowRange,
    into?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { source } = this.#find(name);
    return this.#join(
      name,
      rows,
      (range, memory) => readRows(this.#source, source, range, memory),
      into,
    );
  }

  readStored(
    name: string,
    rows?: RowRange,
    into?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { source, info } = this.#find(name);
    return this.#join(
      name,
      rows ?? { start: 0, end: info.shape[0]! },
      (range, memory) => readStored(this.#source, source, range, memory),
      into,
    );
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Bytes of rows from where they are in the file. */
  async #join(
    name: string,
    rows: RowRange,
    read: (
      range: RowRange,
      memory?: Uint8Array<ArrayBuffer>,
    ) => Promise<Uint8Array<ArrayBuffer>>,
    into?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const place = this.#find(name);
    rowBytes(place.info, rows);
    const ranges = rangesOf(place, rows);
    if (ranges.length === 1) return await read(ranges[0]!, into);
    const parts = [];
    for (const range of ranges) parts.push(await read(range));
    return joinBytes(parts);
  }

  #find(name: string): Place {
    const place = this.#places.get(name);
    if (place !== undefined) return place;
    throw missingWeight(this, name);
  }
}

/** Rows of the file that are some rows here, in order. */
function rangesOf(
  { rows, info, halvesSwapped }: Place,
  { start, end }: RowRange,
): RowRange[] {
  if (halvesSwapped) return swapped({ start, end }, info.shape[0]!);
  const first = rows?.start ?? 0;
  return [{ start: first + start, end: first + end }];
}
