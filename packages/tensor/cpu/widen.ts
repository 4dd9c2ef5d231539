import { bf16ToF32, f16ToF32 } from "@edit-transfer/weights";
import type { DeviceArray } from "../device_array.ts";
import { cpuStorage } from "./storage.ts";

/** Elements of a tensor as f32: in place if they are, else a widened copy. */
export function widened(tensor: DeviceArray): Float32Array {
  const storage = cpuStorage(tensor);
  if (tensor.dtype === "f32") return storage.f32;
  return tensor.dtype === "bf16"
    ? bf16ToF32(storage.u16)
    : f16ToF32(storage.u16);
}
