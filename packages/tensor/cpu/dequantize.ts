import { dequantizeInto, type QuantizedTypeName } from "@edit-transfer/weights";
import type { Kernels } from "../backend.ts";
import type { QuantizedDType } from "../dtype.ts";
import type { Tensor } from "../tensor.ts";
import { cpuStorage, f32 } from "./storage.ts";

export const dequantize: Kernels["dequantize"] = (out, x) =>
  dequantizeBytes(f32(out), x, 0, cpuStorage(x).sizeBytes);

/** Widens the blocks in some bytes of a quantised tensor. */
export function dequantizeBytes(
  out: Float32Array,
  x: Tensor,
  start: number,
  end: number,
): void {
  const type = (x.dtype as QuantizedDType).toUpperCase() as QuantizedTypeName;
  dequantizeInto(out, cpuStorage(x).u8.subarray(start, end), type);
}
