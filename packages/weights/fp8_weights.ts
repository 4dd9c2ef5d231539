import { type F8DType, f8ToF32 } from "./f8.ts";
import { f32ToBf16 } from "./bf16.ts";
import { FormatError } from "./format_error.ts";
import { quoted } from "./json_object.ts";
import { missingWeight } from "./require_tensor.ts";
import { readRows } from "./read_rows.ts";
import { readStored } from "./read_stored.ts";
import { packScaledF8, SCALED_F8 } from "./scaled_f8.ts";
import { rowBytes, type RowRange } from "./row_range.ts";
import type { TensorInfo, WeightSource } from "./weight_source.ts";
import { widen } from "./widen.ts";

/** Names of the scale of `<layer>.weight`, older ComfyUI files first. */
const SCALES = ["scale_weight", "weight_scale"];
/** What is kept beside weights and is not a weight. */
const ASIDE = new Set([
  ...SCALES,
  "scale_input",
  "input_scale",
  "comfy_quant",
  "scaled_fp8",
]);

/** An array in 8-bit floats, and the array of its scale if it has one. */
interface Narrow {
  readonly dtype: F8DType;
  readonly scale: string | undefined;
}

/**
 * Presents arrays in 8-bit floats as wider ones.
 *
 * An array with a scale beside it, `<layer>.scale_weight` or
 * `<layer>.weight_scale` as ComfyUI writes them, is given as F32, `scale · w`
 * with one scale or one a row; a matrix in e4m3 also as blocks, the 8 bits beside
 * the scale, see `readStored`. An array without is a plain cast and given as
 * BF16, which holds every value of both types. Scales, and the marker
 * `scaled_fp8`, are not among the names.
 *
 * Source: `scaled_fp8_ops` in comfyanonymous/ComfyUI@v0.3.40, `comfy/ops.py`.
 *
 * @param source Weights, which become the result's to close.
 * @returns The same arrays, none in 8 bits; `source` itself if there are none.
 *
 * @throws {FormatError} If the file says `scaled_fp8`, but an array has no scale.
 * @throws {FormatError} If a scale does not fit its array.
 *
 * @example Usage
 * ```ts
 * import { memoryWeights, widenFp8, widen } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const source = widenFp8(memoryWeights({
 *   "q.weight": { dtype: "F8_E4M3", shape: [1, 1], data: Uint8Array.of(0x38) },
 *   "q.scale_weight": { dtype: "F32", shape: [], data: Float32Array.of(0.5) },
 * }));
 *
 * assert.deepEqual([...source.names()], ["q.weight"]);
 * assert.deepEqual([...widen(await source.read("q.weight"), "F32")], [0.5]);
 * ```
 */
export function widenFp8(source: WeightSource): WeightSource {
  const names = [...source.names()];
  const narrow = new Map<string, Narrow>();
  const declared = names.find((name) => lastSegment(name) === "scaled_fp8");
  for (const name of names) {
    const { dtype } = source.info(name);
    if (dtype !== "F8_E4M3" && dtype !== "F8_E5M2") continue;
    if (ASIDE.has(lastSegment(name))) continue;
    const scale = scaleOf(source, name);
    if (scale === undefined && declared !== undefined) {
      throw new FormatError(
        `Cannot read tensor ${
          quoted(name)
        } of "${source.path}" as the file says ` +
          `${quoted(declared)}, so that it must have a scale: got none`,
        { path: source.path },
      );
    }
    narrow.set(name, { dtype, scale });
  }
  return narrow.size === 0 && declared === undefined
    ? source
    : new Widened(source, narrow);
}

/** Name of the scale of an array, checked to be a scalar or one a row. */
function scaleOf(source: WeightSource, name: string): string | undefined {
  if (lastSegment(name) !== "weight") return undefined;
  const layer = name.slice(0, name.length - "weight".length);
  const scale = SCALES.map((last) => layer + last).find((n) => source.has(n));
  if (scale === undefined) return undefined;
  const { shape, dtype } = source.info(scale);
  const [rows = 1] = source.info(name).shape;
  const count = shape.reduce((product, extent) => product * extent, 1);
  const isFloat = dtype === "F32" || dtype === "F16" || dtype === "BF16";
  if (isFloat && (count === 1 || (count === rows && shape[0] === rows))) {
    return scale;
  }
  throw new FormatError(
    `Cannot read tensor ${
      quoted(scale)
    } of "${source.path}" as it must be one ` +
      `float or one for each of ${rows} rows: got ${dtype} [${
        shape.join(", ")
      }]`,
    { path: source.path },
  );
}

function lastSegment(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

class Widened implements WeightSource {
  readonly #source: WeightSource;
  readonly #narrow: ReadonlyMap<string, Narrow>;

  constructor(source: WeightSource, narrow: ReadonlyMap<string, Narrow>) {
    this.#source = source;
    this.#narrow = narrow;
  }

  get path(): string {
    return this.#source.path;
  }

  get metadata(): Readonly<Record<string, string>> {
    return this.#source.metadata;
  }

  *names(): Iterable<string> {
    for (const name of this.#source.names()) {
      if (!ASIDE.has(lastSegment(name))) yield name;
    }
  }

  has(name: string): boolean {
    return this.#source.has(name) && !ASIDE.has(lastSegment(name));
  }

  info(name: string): TensorInfo {
    if (!this.has(name)) throw missingWeight(this, name);
    const info = this.#source.info(name);
    const narrow = this.#narrow.get(name);
    if (narrow === undefined) return info;
    return narrow.scale === undefined
      ? { ...info, dtype: "BF16", sizeBytes: 2 * info.sizeBytes }
      : {
        ...info,
        dtype: "F32",
        sizeBytes: 4 * info.sizeBytes,
        scaled: true,
        ...storedAs(info),
      };
  }

  async read(name: string): Promise<Uint8Array<ArrayBuffer>> {
    const narrow = this.#narrow.get(name);
    if (!this.has(name) || narrow === undefined) {
      this.info(name);
      return await this.#source.read(name);
    }
    const bits = await this.#source.read(name);
    return await this.#wide(bits, narrow, 0, this.info(name).shape[0] ?? 1);
  }

  async readRows(
    name: string,
    rows: RowRange,
  ): Promise<Uint8Array<ArrayBuffer>> {
    rowBytes(this.info(name), rows);
    const bits = await readRows(this.#source, name, rows);
    const narrow = this.#narrow.get(name);
    if (narrow === undefined) return bits;
    return await this.#wide(bits, narrow, rows.start, rows.end - rows.start);
  }

  async readStored(
    name: string,
    rows?: RowRange,
    into?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const narrow = this.#narrow.get(name);
    if (narrow === undefined) {
      return await readStored(this.#source, name, rows, into);
    }
    const { shape: [count, width] } = this.info(name);
    const range = rows ?? { start: 0, end: count! };
    const elements = (range.end - range.start) * width!;
    const { blockElements, blockBytes } = SCALED_F8;
    const size = elements / blockElements * blockBytes;
    const blocks = into?.subarray(0, size) ?? new Uint8Array(size);
    const end = blocks.subarray(size - elements);
    const bits = await readRows(this.#source, name, range, end);
    const scales = await this.#scales(narrow.scale!);
    const each = scales.length > 1;
    packScaledF8(
      bits,
      (row) => scales[each ? range.start + row : 0]!,
      width!,
      blocks,
    );
    return blocks;
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Wide elements of `rows` rows of an array, from row `start` on. */
  async #wide(
    bits: Uint8Array<ArrayBuffer>,
    { dtype, scale }: Narrow,
    start: number,
    rows: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const values = f8ToF32(bits, dtype);
    if (scale === undefined) return new Uint8Array(f32ToBf16(values).buffer);
    const scales = await this.#scales(scale);
    const width = rows === 0 ? 0 : values.length / rows;
    for (let i = 0; i < values.length; i++) {
      const row = scales.length === 1 ? 0 : start + Math.floor(i / width);
      values[i]! *= scales[row]!;
    }
    return new Uint8Array(values.buffer);
  }

  async #scales(name: string): Promise<Float32Array> {
    return widen(
      await this.#source.read(name),
      this.#source.info(name).dtype,
    );
  }
}

/** The blocks that matrices are given as, too, where these fill their rows. */
function storedAs(
  { dtype, shape: [rows, width, ...more] }: TensorInfo,
): Pick<TensorInfo, "stored"> {
  const { blockElements, blockBytes } = SCALED_F8;
  if (
    dtype !== "F8_E4M3" || width === undefined || more.length > 0 ||
    width % blockElements !== 0
  ) return {};
  const sizeBytes = rows! * width / blockElements * blockBytes;
  return { stored: { type: "F8_E4M3_SCALED", sizeBytes } };
}
