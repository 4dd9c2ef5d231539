import { f32ToBf16 } from "./bf16.ts";
import { type DType, dtypeBytes } from "./dtype.ts";
import { f32ToF16 } from "./f16.ts";
import { filterWeights } from "./filter_weights.ts";
import { FormatError } from "./format_error.ts";
import { parseJsonObject, quoted } from "./json_object.ts";
import { NF4, NF4_CODE } from "./nf4.ts";
import { readRows } from "./read_rows.ts";
import { readStored } from "./read_stored.ts";
import { missingWeight } from "./require_tensor.ts";
import { rowBytes, type RowRange } from "./row_range.ts";
import type { TensorInfo, WeightSource } from "./weight_source.ts";
import { widen } from "./widen.ts";

/** Values of the four bits, by the name of the type. */
const CODES: Readonly<Record<string, Float32Array>> = {
  nf4: NF4_CODE,
  // deno-fmt-ignore
  fp4: Float32Array.of(
    0, 1 / 192, 2 / 3, 1, 1 / 3, 1 / 2, 1 / 6, 1 / 4,
    -0, -1 / 192, -2 / 3, -1, -1 / 3, -1 / 2, -1 / 6, -1 / 4,
  ),
};

/** What follows the name of a weight. */
const STATE = ".quant_state.bitsandbytes__";
const ASIDE =
  /\.(absmax|quant_map|nested_absmax|nested_quant_map|quant_state\.bitsandbytes__(nf4|fp4))$/;
/** Bytes that the description of a weight may have. */
const MAX_STATE_BYTES = 2 ** 16;

const DTYPES: Readonly<Record<string, "F32" | "F16" | "BF16">> = {
  float32: "F32",
  float16: "F16",
  bfloat16: "BF16",
};

/** A weight in four bits. */
interface Packed {
  readonly info: TensorInfo;
  readonly code: Float32Array;
  readonly blockSize: number;
  /** Greatest magnitude of each block. */
  readonly absmax: string;
  /** How these are stored, where they are in 8 bits, too. */
  readonly nested:
    | { readonly blockSize: number; readonly offset: number }
    | undefined;
}

/**
 * Presents weights that bitsandbytes has packed in four bits, NF4 or FP4, with
 * the values and in the type that they had before: `code[q] · absmax`, rounded
 * to float32 and then to that type. Where `absmax` is in 8 bits ("double
 * quantisation"), it is `map[q] · nested_absmax + offset` in float32. A matrix in
 * NF4 that was in bfloat16 is given as blocks, too, see {@linkcode readStored}.
 *
 * Source: `QuantState.from_dict` and `dequantize_4bit` of bitsandbytes 0.50.2,
 * `bitsandbytes/functional.py`; Dettmers et al. 2023,
 * https://arxiv.org/abs/2305.14314.
 *
 * @param source Weights, which become the result's to close.
 * @returns The same arrays, none in four bits; `source` itself if there are none.
 *
 * @throws {FormatError} If what describes a weight is missing or does not fit it.
 *
 * @example Usage
 * ```ts
 * import { memoryWeights, widenBnb4 } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const source = memoryWeights({
 *   x: { dtype: "F32", shape: [1], data: Float32Array.of(1) },
 * });
 * assert.equal(await widenBnb4(source), source);
 * ```
 */
export async function widenBnb4(source: WeightSource): Promise<WeightSource> {
  const packed = new Map<string, Packed>();
  for (const name of source.names()) {
    const at = name.indexOf(STATE);
    if (at === -1) continue;
    const weight = name.slice(0, at);
    packed.set(weight, await packedOf(source, weight, name));
  }
  return packed.size === 0 ? source : new Widened(source, packed);
}

/** Reads what describes a weight. */
async function packedOf(
  source: WeightSource,
  name: string,
  state: string,
): Promise<Packed> {
  const { path } = source;
  const fail = (rule: string, got: unknown) =>
    new FormatError(
      `Cannot read tensor ${
        quoted(name)
      } of "${path}" as bitsandbytes' ${rule}: got ${quoted(got)}`,
      { path },
    );
  const arrayOf = (key: string, type: DType, size: number) => {
    const array = `${name}.${key}`;
    if (!source.has(array)) throw fail(`"${key}" must be there`, undefined);
    const { dtype, shape: [count, ...more], shape } = source.info(array);
    if (dtype !== type || count !== size || more.length > 0) {
      throw fail(
        `"${key}" must be ${size} of ${type}`,
        `${dtype} [${shape.join(", ")}]`,
      );
    }
    return array;
  };
  if (!source.has(name)) throw fail("weight must be there", undefined);
  const { sizeBytes } = source.info(name);
  const { sizeBytes: stateBytes } = source.info(state);
  if (stateBytes > MAX_STATE_BYTES) {
    throw fail(`state must have at most ${MAX_STATE_BYTES} bytes`, stateBytes);
  }
  const json = parseJsonObject(
    await source.read(state),
    path,
    `${quoted(state)} of`,
  );
  const { quant_type, blocksize, dtype, shape } = json;
  const code = CODES[String(quant_type)];
  if (code === undefined || !state.endsWith(`__${quant_type}`)) {
    throw fail("quant_type must be nf4 or fp4", quant_type);
  }
  const wide = DTYPES[String(dtype)];
  if (wide === undefined) {
    throw fail("dtype must be bfloat16, float16 or float32", dtype);
  }
  if (!isBlockSize(blocksize)) {
    throw fail("blocksize must be a power of two from 2 to 4096", blocksize);
  }
  if (
    !Array.isArray(shape) || shape.length === 0 || shape.length > 4 ||
    !shape.every((n) => Number.isSafeInteger(n) && n >= 0) ||
    Math.ceil(sizeOf(shape) / 2) !== sizeBytes
  ) throw fail(`shape must be that of ${2 * sizeBytes} elements`, shape);
  const elements = sizeOf(shape);
  const blocks = Math.ceil(elements / blocksize);
  const map = widen(
    await source.read(arrayOf("quant_map", "F32", 16)),
    "F32",
  );
  if (!map.every((value, i) => Math.abs(value - code[i]!) < 1e-6)) {
    throw fail(`quant_map must be that of ${quant_type}`, [...map]);
  }
  const isNested = source.has(`${name}.nested_absmax`);
  const absmax = arrayOf("absmax", isNested ? "U8" : "F32", blocks);
  const info = {
    name,
    dtype: wide,
    shape,
    sizeBytes: elements * dtypeBytes(wide),
    ...storedAs({ code, dtype: wide, shape, blockSize: blocksize }),
  };
  if (!isNested) {
    return { info, code, blockSize: blocksize, absmax, nested: undefined };
  }
  const { nested_blocksize, nested_offset, nested_dtype } = json;
  if (!isBlockSize(nested_blocksize)) {
    throw fail(
      "nested_blocksize must be a power of two from 2 to 4096",
      nested_blocksize,
    );
  }
  if (typeof nested_offset !== "number" || nested_dtype !== "float32") {
    throw fail(
      "nested_offset must be a number, of float32",
      `${nested_offset} of ${nested_dtype}`,
    );
  }
  arrayOf("nested_absmax", "F32", Math.ceil(blocks / nested_blocksize));
  arrayOf("nested_quant_map", "F32", 256);
  return {
    info,
    code,
    blockSize: blocksize,
    absmax,
    nested: { blockSize: nested_blocksize, offset: Math.fround(nested_offset) },
  };
}

/** The blocks that a matrix is given as, too, where these fill its rows. */
function storedAs(
  { code, dtype, shape, blockSize }: Pick<TensorInfo, "dtype" | "shape"> & {
    readonly code: Float32Array;
    readonly blockSize: number;
  },
): Pick<TensorInfo, "stored"> {
  const { blockElements, blockBytes } = NF4;
  const [rows, width, ...more] = shape;
  if (
    code !== NF4_CODE || dtype !== "BF16" || blockSize !== blockElements ||
    width === undefined || more.length > 0 || width % blockElements !== 0
  ) return {};
  const sizeBytes = rows! * width / blockElements * blockBytes;
  return { stored: { type: "NF4", sizeBytes } };
}

function isBlockSize(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(Math.log2(value)) &&
    value >= 2 && value <= 4096;
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

class Widened implements WeightSource {
  readonly #source: WeightSource;
  /** The arrays that are not of a packed weight. */
  readonly #rest: WeightSource;
  readonly #packed: ReadonlyMap<string, Packed>;

  constructor(source: WeightSource, packed: ReadonlyMap<string, Packed>) {
    this.#source = source;
    this.#packed = packed;
    this.#rest = filterWeights(source, (name) => {
      const [suffix] = name.match(ASIDE) ?? [""];
      return suffix === "" ||
        !packed.has(name.slice(0, name.length - suffix.length));
    });
  }

  get path(): string {
    return this.#source.path;
  }

  get metadata(): Readonly<Record<string, string>> {
    return this.#source.metadata;
  }

  names(): Iterable<string> {
    return this.#rest.names();
  }

  has(name: string): boolean {
    return this.#rest.has(name);
  }

  info(name: string): TensorInfo {
    if (!this.has(name)) throw missingWeight(this, name);
    return this.#packed.get(name)?.info ?? this.#rest.info(name);
  }

  async read(name: string): Promise<Uint8Array<ArrayBuffer>> {
    const packed = this.#packed.get(name);
    if (packed === undefined) return await this.#rest.read(name);
    return await this.#wide(packed, 0, sizeOf(packed.info.shape));
  }

  async readRows(
    name: string,
    rows: RowRange,
    into?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const packed = this.#packed.get(name);
    if (packed === undefined) {
      return await readRows(this.#rest, name, rows, into);
    }
    const { info } = packed;
    const { start, size } = rowBytes(info, rows);
    const bytes = dtypeBytes(info.dtype);
    return await this.#wide(packed, start / bytes, (start + size) / bytes);
  }

  async readStored(
    name: string,
    rows?: RowRange,
    into?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const packed = this.#packed.get(name);
    if (packed === undefined) {
      return await readStored(this.#rest, name, rows, into);
    }
    const [count, width] = packed.info.shape as [number, number];
    const { start, end } = rows ?? { start: 0, end: count };
    const { blockElements, blockBytes } = NF4;
    const [first, last] = [start, end].map((row) =>
      row * width / blockElements
    );
    const half = blockElements / 2;
    const bits = await this.#bytes(name, first! * half, last! * half);
    const scales = await this.#absmax({ ...packed, name }, first!, last!);
    const size = scales.length * blockBytes;
    const blocks = into?.subarray(0, size) ?? new Uint8Array(size);
    const view = new DataView(blocks.buffer, blocks.byteOffset, size);
    for (const [i, scale] of scales.entries()) {
      view.setFloat32(i * blockBytes, scale, true);
      blocks.set(bits.subarray(i * half, (i + 1) * half), i * blockBytes + 4);
    }
    return blocks;
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Elements from `start` to `end` of a weight, in row order. */
  async #wide(
    { info, code, blockSize, absmax, nested }: Packed,
    start: number,
    end: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const [first, last] = [start >> 1, (end + 1) >> 1];
    const bits = await this.#bytes(info.name, first, last);
    const from = Math.floor(start / blockSize);
    const scales = await this.#absmax(
      { name: info.name, absmax, nested },
      from,
      Math.ceil(end / blockSize),
    );
    const values = new Float32Array(end - start);
    for (let i = start; i < end; i++) {
      const both = bits[(i >> 1) - first]!;
      const q = i % 2 === 0 ? both >> 4 : both & 15;
      values[i - start] = code[q]! * scales[Math.floor(i / blockSize) - from]!;
    }
    if (info.dtype === "F32") return new Uint8Array(values.buffer);
    const halves = info.dtype === "F16" ? f32ToF16(values) : f32ToBf16(values);
    return new Uint8Array(halves.buffer);
  }

  /** Scales of some blocks. */
  async #absmax(
    { name, absmax, nested }: Pick<Packed, "absmax" | "nested"> & {
      readonly name: string;
    },
    start: number,
    end: number,
  ): Promise<Float32Array> {
    const rows = { start, end };
    if (nested === undefined) {
      return widen(await readRows(this.#source, absmax, rows), "F32");
    }
    const bits = await readRows(this.#source, absmax, rows);
    const map = widen(
      await this.#source.read(`${name}.nested_quant_map`),
      "F32",
    );
    const outer = widen(
      await this.#source.read(`${name}.nested_absmax`),
      "F32",
    );
    return Float32Array.from(bits, (q, i) => {
      const scale = outer[Math.floor((start + i) / nested.blockSize)]!;
      return Math.fround(map[q]! * scale) + nested.offset;
    });
  }

  /** Some bytes of a packed weight, which has one element a row. */
  async #bytes(
    name: string,
    start: number,
    end: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    if (start === end) return new Uint8Array();
    const { shape: [rows = 1], sizeBytes } = this.#source.info(name);
    const width = sizeBytes / rows;
    const range = {
      start: Math.floor(start / width),
      end: Math.ceil(end / width),
    };
    const bytes = await readRows(this.#source, name, range);
    const skipped = start - range.start * width;
    return bytes.subarray(skipped, skipped + end - start);
  }
}
