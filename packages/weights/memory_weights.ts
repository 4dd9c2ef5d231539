import { f32ToBf16 } from "./bf16.ts";
import { type DType, dtypeBytes } from "./dtype.ts";
import { f32ToF16 } from "./f16.ts";
import { missingWeight } from "./require_tensor.ts";
import type { TensorInfo, WeightSource } from "./weight_source.ts";

/** An array held in memory, to be written or to stand for a file. */
export interface TensorData {
  /** Element type to store. */
  readonly dtype: DType;
  /** Extents; `[]` for a scalar. */
  readonly shape: readonly number[];
  /**
   * Little-endian bytes of that type; or float32 values, which are rounded to
   * nearest even where the type is F16 or BF16.
   */
  readonly data: Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
}

/** An array that is made when it is written, so that few are in memory. */
export interface StreamedTensor extends Omit<TensorData, "data"> {
  /** Makes the little-endian bytes. */
  readonly data: () => Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Weights held in memory, for tests and small files.
 *
 * @param tensors Arrays by name.
 * @param options `path` for messages, and `metadata`.
 * @returns A source that reads copies of the arrays.
 *
 * @throws {TypeError} If data does not fit its type and shape.
 *
 * @example Usage
 * ```ts
 * import { memoryWeights } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const source = memoryWeights({
 *   scale: { dtype: "BF16", shape: [2], data: Float32Array.of(1, -2) },
 * });
 *
 * assert.deepEqual([...await source.read("scale")], [0x80, 0x3f, 0x00, 0xc0]);
 * ```
 */
export function memoryWeights(
  tensors: Readonly<Record<string, TensorData>>,
  options: {
    /** Stands for the path in messages. */
    readonly path?: string | undefined;
    /** Free text. */
    readonly metadata?: Readonly<Record<string, string>> | undefined;
  } = {},
): WeightSource {
  const { path = "memory", metadata = {} } = options;
  const stored = new Map<string, TensorInfo & { bytes: Uint8Array }>();
  for (const [name, tensor] of Object.entries(tensors)) {
    const bytes = toBytes(name, tensor);
    const { dtype, shape } = tensor;
    stored.set(name, { name, dtype, shape, sizeBytes: bytes.length, bytes });
  }
  const names = () => stored.keys();
  const find = (name: string) => {
    const found = stored.get(name);
    if (found === undefined) throw missingWeight({ path, names }, name);
    return found;
  };
  return {
    path,
    metadata,
    names,
    has: (name) => stored.has(name),
    info(name) {
      const { bytes: _, ...info } = find(name);
      return info;
    },
    // deno-lint-ignore require-await
    read: async (name) => Uint8Array.from(find(name).bytes),
    close: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Stored bytes of an array, after checking their number. */
export function toBytes(
  name: string,
  { dtype, shape, data }: TensorData,
): Uint8Array<ArrayBuffer> {
  const elements = shape.reduce((product, extent) => product * extent, 1);
  const got = data instanceof Float32Array
    ? data.length
    : data.length / dtypeBytes(dtype);
  if (!Number.isSafeInteger(elements) || elements < 0 || got !== elements) {
    throw new TypeError(
      `Cannot store tensor "${name}" as ${dtype} [${
        shape.join(", ")
      }] takes ${elements} elements: got ${got}`,
    );
  }
  if (data instanceof Uint8Array) return data;
  let stored: Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;
  if (dtype === "F32") stored = data;
  else if (dtype === "F16") stored = f32ToF16(data);
  else if (dtype === "BF16") stored = f32ToBf16(data);
  else {
    throw new TypeError(
      `Cannot store tensor "${name}" as float32 values need F32, F16 or BF16: got ${dtype}`,
    );
  }
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
}
