import { add, affine, scope, type Tensor } from "@edit-transfer/tensor";

/**
 * One Euler step along the flow: `x + (σ_next − σ) v`.
 *
 * Source: `FlowMatchEulerDiscreteScheduler.step` in
 * huggingface/diffusers@v0.42.1.
 *
 * @param x Latents, `[B, I, C]`.
 * @param v Velocity from data to noise, `[B, I, C]`.
 * @param sigma Noise level of `x`, in (0, 1].
 * @param sigmaNext Noise level to go to, in [0, 1).
 * @returns Latents at `sigmaNext`, `[B, I, C]`, owned by the caller.
 *
 * @throws {ShapeError} If `v` has not the shape of `x`.
 *
 * @example Usage
 * ```ts
 * import { eulerStep } from "@edit-transfer/flow";
 * import { openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu", { threads: 1 });
 * const x = Tensor.from(device, [1], { shape: [1, 1, 1] });
 * const v = Tensor.from(device, [2], { shape: [1, 1, 1] });
 * assert.deepEqual([...await eulerStep(x, v, 1, 0.75).data()], [0.5]);
 * ```
 */
export function eulerStep(
  x: Tensor,
  v: Tensor,
  sigma: number,
  sigmaNext: number,
): Tensor {
  const dt = Math.fround(sigmaNext - sigma);
  return scope(() => add(x, affine(v, dt, 0))); // [B, I, C]
}
