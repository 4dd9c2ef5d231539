import type { Tensor } from "../tensor.ts";
import { cpuStorage } from "./storage.ts";

/** Elements of a tensor of any type, for operations that only move them. */
export function elements(
  tensor: Tensor,
): Float32Array | Int32Array | Uint16Array {
  const storage = cpuStorage(tensor);
  if (tensor.dtype === "f32") return storage.f32;
  return tensor.dtype === "i32" ? storage.i32 : storage.u16;
}
