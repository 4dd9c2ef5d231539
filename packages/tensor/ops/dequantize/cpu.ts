import { dequantizeInto, type QuantizedTypeName } from "@edit-transfer/weights";
import { cpuStorage, f32 } from "../../cpu/storage.ts";
import type { DeviceArray } from "../../device_array.ts";
import type { QuantizedDType } from "../../dtype.ts";
import type { DequantizeKernel } from "./kernels.ts";

export const dequantizeCpu = (): DequantizeKernel => (out, x) =>
  dequantizeBytes(f32(out), x, 0, cpuStorage(x).sizeBytes);

/** Widens the blocks in some bytes of a quantised tensor. */
export function dequantizeBytes(
  out: Float32Array,
  x: DeviceArray,
  start: number,
  end: number,
): void {
  const type = (x.dtype as QuantizedDType).toUpperCase() as QuantizedTypeName;
  dequantizeInto(out, cpuStorage(x).u8.subarray(start, end), type);
}
