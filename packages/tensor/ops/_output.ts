import type { Device } from "../backend.ts";
import type { DType } from "../dtype.ts";
import { Tensor } from "../tensor.ts";

/** A new tensor that `write` fills; freed again if `write` throws. */
export function output(
  device: Device,
  shape: readonly number[],
  write: (y: Tensor) => void,
  dtype: DType = "f32",
): Tensor {
  const y = new Tensor(device, shape, dtype);
  try {
    write(y);
  } catch (error) {
    y.dispose();
    throw error;
  }
  return y;
}
