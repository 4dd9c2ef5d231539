import { readRows } from "./read_rows.ts";
import { readStored } from "./read_stored.ts";
import type { TensorInfo, WeightSource } from "./weight_source.ts";

/**
 * Presents arrays in float64 as the nearest float32, beyond whose range they are
 * infinite.
 *
 * @param source Weights, which become the result's to close.
 * @returns The same arrays, none in float64; `source` itself if there are none.
 *
 * @example Usage
 * ```ts
 * import { memoryWeights, narrowF64, widen } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const data = new Uint8Array(Float64Array.of(0.1).buffer);
 * const source = narrowF64(memoryWeights({ x: { dtype: "F64", shape: [1], data } }));
 *
 * assert.equal(source.info("x").dtype, "F32");
 * assert.deepEqual(widen(await source.read("x"), "F32"), Float32Array.of(0.1));
 * ```
 */
export function narrowF64(source: WeightSource): WeightSource {
  const isWide = (name: string) => source.info(name).dtype === "F64";
  if (![...source.names()].some(isWide)) return source;
  const { path, metadata } = source;
  const info = (name: string): TensorInfo => {
    const found = source.info(name);
    return found.dtype === "F64"
      ? { ...found, dtype: "F32", sizeBytes: found.sizeBytes / 2 }
      : found;
  };
  return {
    path,
    metadata,
    names: () => source.names(),
    has: (name) => source.has(name),
    info,
    async read(name) {
      const bytes = await source.read(name);
      return isWide(name) ? narrowed(bytes) : bytes;
    },
    async readRows(name, rows, into) {
      if (!isWide(name)) return await readRows(source, name, rows, into);
      return narrowed(await readRows(source, name, rows));
    },
    readStored: (name, rows, into) => readStored(source, name, rows, into),
    close: () => source.close(),
    [Symbol.asyncDispose]: () => source.close(),
  };
}

function narrowed(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, length } = bytes.byteOffset % 8 === 0
    ? bytes
    : bytes.slice();
  const values = new Float64Array(buffer, byteOffset, length / 8);
  return new Uint8Array(Float32Array.from(values).buffer);
}
