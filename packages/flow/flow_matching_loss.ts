import { mul, scope, square, sub, sum, Tensor } from "@edit-transfer/tensor";

/**
 * Conditional flow-matching loss over the tokens that are to be made, the mean
 * of `m ‖v − (ε − x₀)‖²` over these tokens and their channels.
 *
 * Source: Lipman et al. 2023, https://arxiv.org/abs/2210.02747, equation 9;
 * `calculate_loss` in CUC-MIPG/Edit-Transfer@c44a846, `SDTrainer_inpaint.py`,
 * whose crop to the fourth panel is the mask here.
 *
 * @param velocity Predicted velocity, `[B, I, C]`.
 * @param target Noise less data, `[B, I, C]`.
 * @param mask 1 for tokens to be made, else 0: `[I]`.
 * @returns `[]`, owned by the caller.
 *
 * @throws {ShapeError} If the shapes differ.
 * @throws {RangeError} If the mask has another length, or no 1.
 *
 * @example Usage
 * ```ts
 * import { flowMatchingLoss } from "@edit-transfer/flow";
 * import { openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu", { threads: 1 });
 * const shape = [1, 2, 2];
 * using v = Tensor.from(device, [9, 9, 1, 3], { shape });
 * using target = Tensor.from(device, [0, 0, 0, 1], { shape });
 * using loss = flowMatchingLoss(v, target, [0, 1]);
 * assert.deepEqual([...await loss.data()], [2.5]); // (1² + 2²) / 2
 * ```
 */
export function flowMatchingLoss(
  velocity: Tensor,
  target: Tensor,
  mask: ArrayLike<number>,
): Tensor {
  const [B, I, C] = velocity.shape as [number, number, number];
  const made = Array.from(mask).filter((m) => m === 1).length;
  if (mask.length !== I || made === 0) {
    throw new RangeError(
      `Cannot compute the loss as the mask must name some of ${I} tokens: got ${mask.length} values, ${made} of them 1`,
    );
  }
  const share = Float32Array.from(mask, (m) => m / (B * made * C));
  return scope(() => {
    const weights = Tensor.from(velocity.device, share, { shape: [1, I, 1] });
    const squares = square(sub(velocity, target)); // [B, I, C]
    return sum(mul(squares, weights)); // []
  });
}
