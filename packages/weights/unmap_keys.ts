import { FormatError } from "./format_error.ts";
import { joinBytes } from "./join_bytes.ts";
import { quoted } from "./json_object.ts";
import type { KeyMap, KeyMapEntry } from "./key_map.ts";
import { readRows } from "./read_rows.ts";
import { readStored } from "./read_stored.ts";
import { missingWeight } from "./require_tensor.ts";
import { rowBytes, type RowRange } from "./row_range.ts";
import { halvesSwapped as swapped } from "./halves_swapped.ts";
import type { TensorInfo, WeightSource } from "./weight_source.ts";

const PARAMETER = /\.(weight|bias)$/;

/** An array of the layout, and the arrays here that make it up, row by row. */
interface Fused {
  readonly info: TensorInfo;
  readonly parts: readonly { readonly name: string; readonly start: number }[];
  readonly halvesSwapped: boolean;
}

/**
 * Presents the arrays of a model under the names, and fused as, another layout
 * has them: what {@linkcode mapKeys} turns back.
 *
 * @param source Weights under the names that the models here load.
 * @param map Names of the layout, without `{-i}`.
 * @returns The arrays of the layout, those outside of blocks first; `source`
 * stays the caller's to close.
 *
 * @throws {FormatError} If an array has no name in the layout, or a fused one
 * lacks a part.
 *
 * @example Usage
 * ```ts
 * import { memoryWeights, unmapKeys, widen } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const layer = (value: number) => ({
 *   dtype: "F32", shape: [1, 1], data: Float32Array.of(value),
 * } as const);
 * const source = unmapKeys(
 *   memoryWeights({ "layers.0.q.weight": layer(1), "layers.0.k.weight": layer(2) }),
 *   [{ from: "blocks.{i}.qk", to: ["layers.{i}.q", "layers.{i}.k"] }],
 * );
 *
 * assert.deepEqual([...source.names()], ["blocks.0.qk.weight"]);
 * assert.deepEqual([...widen(await source.read("blocks.0.qk.weight"), "F32")], [1, 2]);
 * ```
 */
export function unmapKeys(source: WeightSource, map: KeyMap): WeightSource {
  const groups = new Map<string, Group>();
  for (const name of source.names()) {
    const { key, part, entry, order } = placeOf(name, map, source.path);
    let group = groups.get(key);
    if (group === undefined) {
      groups.set(key, group = { entry, order, parts: [] });
    }
    group.parts[part] = name;
  }
  const sorted = [...groups].sort(([, a], [, b]) =>
    a.order[0] - b.order[0] || a.order[1] - b.order[1] ||
    a.order[2] - b.order[2]
  );
  return new Unmapped(
    source,
    new Map(sorted.map(([key, group]) => [key, fuse(source, key, group)])),
  );
}

/** What is found so far of an array of the layout. */
interface Group {
  readonly entry: KeyMapEntry;
  /** Kind of block, block, and place in the map. */
  readonly order: readonly [number, number, number];
  readonly parts: string[];
}

/** Array of the layout that holds an array, and which part of it that is. */
function placeOf(name: string, map: KeyMap, path: string) {
  const parameter = name.match(PARAMETER)?.[0] ?? "";
  const layer = name.slice(0, name.length - parameter.length);
  for (const [index, entry] of map.entries()) {
    for (const [part, to] of [entry.to].flat().entries()) {
      const pattern = new RegExp(
        `^${
          to.replaceAll(".", "\\.").replace("{i}", "(?<i>\\d{1,4})")
            .replace("{j}", "(?<j>\\d{1,4})")
        }$`,
      );
      const whole = name.match(pattern);
      const found = whole ?? (parameter === "" ? null : layer.match(pattern));
      if (found === null) continue;
      const { i, j } = found.groups ?? {};
      const stem = entry.from.split("{i}")[0]!;
      const kind = i === undefined
        ? -1
        : map.findIndex(({ from }) => from.startsWith(`${stem}{i}`));
      const key = entry.from.replace("{i}", i ?? "").replace("{j}", j ?? "") +
        (whole === null ? parameter : "");
      const order = [kind, Number(i ?? 0), index] as const;
      return { key, part, entry, order };
    }
  }
  throw new FormatError(
    `Cannot rename the arrays of "${path}" as each must have a name in the other layout: got ${
      quoted(name)
    }`,
    { path },
  );
}

/** Puts the parts of an array together. */
function fuse(
  source: WeightSource,
  key: string,
  { entry, parts: names }: Group,
): Fused {
  const wanted = [entry.to].flat().length;
  const infos = names.map((name) => source.info(name));
  const fail = (rule: string) =>
    new FormatError(
      `Cannot rename the arrays of "${source.path}" as ${
        quoted(key)
      } is made of ${wanted} ${rule}`,
      { path: source.path },
    );
  const [first] = infos;
  if (Object.keys(names).length !== wanted || first === undefined) {
    throw fail(`arrays: got ${Object.values(names).join(", ")}`);
  }
  if (wanted === 1) {
    return {
      info: { ...first, name: key },
      parts: [{ name: names[0]!, start: 0 }],
      halvesSwapped: entry.halvesSwapped ?? false,
    };
  }
  let rows = 0;
  const parts = infos.map(({ shape, dtype, stored }, k) => {
    if (
      shape.slice(1).join() !== first.shape.slice(1).join() ||
      dtype !== first.dtype || stored?.type !== first.stored?.type
    ) {
      throw fail(`arrays of one type and width: got ${names.join(", ")}`);
    }
    const start = rows;
    rows += shape[0]!;
    return { name: names[k]!, start };
  });
  const total = (size: (info: TensorInfo) => number) =>
    infos.reduce((sum, info) => sum + size(info), 0);
  const info: TensorInfo = {
    ...first,
    name: key,
    shape: [rows, ...first.shape.slice(1)],
    sizeBytes: total(({ sizeBytes }) => sizeBytes),
    ...first.stored === undefined ? {} : {
      stored: {
        type: first.stored.type,
        sizeBytes: total(({ stored }) => stored!.sizeBytes),
      },
    },
  };
  return { info, parts, halvesSwapped: entry.halvesSwapped ?? false };
}

class Unmapped implements WeightSource {
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly #source: WeightSource;
  readonly #arrays: ReadonlyMap<string, Fused>;

  constructor(source: WeightSource, arrays: ReadonlyMap<string, Fused>) {
    this.path = source.path;
    this.metadata = source.metadata;
    this.#source = source;
    this.#arrays = arrays;
  }

  names(): Iterable<string> {
    return this.#arrays.keys();
  }

  has(name: string): boolean {
    return this.#arrays.has(name);
  }

  info(name: string): TensorInfo {
    return this.#find(name).info;
  }

  async read(name: string): Promise<Uint8Array<ArrayBuffer>> {
    const { info: { shape: [rows] }, parts } = this.#find(name);
    if (rows === undefined) return await this.#source.read(parts[0]!.name);
    return await this.readRows(name, { start: 0, end: rows });
  }

  readRows(name: string, rows: RowRange): Promise<Uint8Array<ArrayBuffer>> {
    return this.#join(
      name,
      rows,
      (part, range) => readRows(this.#source, part, range),
    );
  }

  readStored(name: string, rows?: RowRange): Promise<Uint8Array<ArrayBuffer>> {
    return this.#join(
      name,
      rows ?? { start: 0, end: this.info(name).shape[0]! },
      (part, range) => readStored(this.#source, part, range),
    );
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Bytes of rows from the arrays that have them. */
  async #join(
    name: string,
    rows: RowRange,
    read: (part: string, range: RowRange) => Promise<Uint8Array<ArrayBuffer>>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { info, parts, halvesSwapped } = this.#find(name);
    rowBytes(info, rows);
    const total = info.shape[0]!;
    const ranges = halvesSwapped ? swapped(rows, total) : [rows];
    const pieces = [];
    for (const { start, end } of ranges) {
      for (const [k, part] of parts.entries()) {
        const last = parts[k + 1]?.start ?? total;
        const from = Math.max(start, part.start) - part.start;
        const to = Math.min(end, last) - part.start;
        if (from < to) {
          pieces.push(await read(part.name, { start: from, end: to }));
        }
      }
    }
    return pieces.length === 1 ? pieces[0]! : joinBytes(pieces);
  }

  #find(name: string): Fused {
    const array = this.#arrays.get(name);
    if (array !== undefined) return array;
    throw missingWeight(this, name);
  }
}
