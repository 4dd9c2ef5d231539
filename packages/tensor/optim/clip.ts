import { affine } from "../ops/affine/affine.ts";
import type { Tensor } from "../tensor.ts";

/**
 * Gradients whose norm is at most `maxNorm`, `g min(1, maxNorm / (norm + 1e-6))`.
 *
 * Source: Pascanu et al. 2013, algorithm 1, https://arxiv.org/abs/1211.5063;
 * `torch.nn.utils.clip_grad_norm_`.
 *
 * @param grads Gradients, `[...]` each, f32.
 * @param options Their {@linkcode globalNorm} and the most it may be, > 0.
 * @returns New tensors of the same shapes, owned by the caller.
 *
 * @throws {RangeError} If the norm is not finite.
 *
 * @example Usage
 * ```ts
 * import { clip, globalNorm, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using grad = Tensor.from(device, [3, 4]);
 * const norm = await globalNorm([grad]);
 * const [clipped] = clip([grad], { norm, maxNorm: 1 });
 * assert.ok(Math.abs(await globalNorm([clipped!]) - 1) < 1e-6);
 * ```
 */
export function clip(
  grads: readonly Tensor[],
  options: { norm: number; maxNorm: number },
): Tensor[] {
  const { norm, maxNorm } = options;
  if (!Number.isFinite(norm)) {
    throw new RangeError(
      `Cannot clip gradients as their norm must be finite: got ${norm}`,
    );
  }
  const factor = Math.min(1, maxNorm / (norm + 1e-6));
  return grads.map((grad) => affine(grad, factor, 0));
}
