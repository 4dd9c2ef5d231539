import { isQuantized } from "../../dtype.ts";
import { recorded, type Tensor } from "../../tensor.ts";
import { output } from "../_output.ts";

/**
 * Widens quantised blocks to f32: the values that `gguf` gives, to the bit.
 *
 * `y = scale · q + offset`, with scale and offset of the block that q is in.
 *
 * @param x Input, `[...]`, of a quantised type.
 * @returns `[...]`, owned by the caller.
 *
 * @throws {TypeError} If `x` is not quantised.
 *
 * @example Usage
 * ```ts
 * import { dequantize, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * const block = new Uint8Array(34).fill(3); // 32 times 3
 * block.set([0x00, 0x38]); // 0.5 in f16
 * using x = Tensor.from(device, block, { shape: [32], dtype: "q8_0" });
 * using y = dequantize(x); // [32]
 * assert.deepEqual([...await y.data()], Array(32).fill(1.5));
 * ```
 */
export function dequantize(x: Tensor): Tensor {
  if (!isQuantized(x.dtype)) {
    throw new TypeError(
      `Cannot run dequantize as x must be quantised: got ${x.dtype}`,
    );
  }
  const { kernels } = x.device;
  const y = output(x.device, x.shape, (y) => kernels.dequantize(y, x)); // [...]
  return recorded(y, [x], () => (dy) => [dy]);
}
