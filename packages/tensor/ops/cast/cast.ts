import { denseDType, type DType } from "../../dtype.ts";
import { recorded, type Tensor } from "../../tensor.ts";
import { output } from "../_output.ts";

/**
 * Converts the element type: exact when it widens, else to the nearest value
 * and, between two, to the even one.
 *
 * @param x Input, `[...]`, f32, f16 or bf16.
 * @param dtype New type, f32, f16 or bf16.
 * @returns `[...]`, owned by the caller, also when the type stays the same.
 *
 * @throws {TypeError} If either type is i32 or a quantised one.
 *
 * @example Usage
 * ```ts
 * import { cast, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [1]);
 * using y = cast(x, "bf16"); // [1]
 * assert.deepEqual([...await y.data()], [0x3f80]);
 * ```
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  if (x.dtype === "i32" || dtype === "i32") {
    throw new TypeError(
      `Cannot run cast as types must be f32, f16 or bf16: got ${x.dtype} to ${dtype}`,
    );
  }
  denseDType("cast", x.dtype);
  denseDType("cast", dtype);
  const y = output(
    x.device,
    x.shape,
    (y) => x.device.kernels.cast(y, x),
    dtype,
  ); // [...]
  return recorded(y, [x], () => (dy) => [dy]); // gradients are f32
}
