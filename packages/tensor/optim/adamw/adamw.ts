import { ShapeError } from "../../errors.ts";
import { sameShape } from "../../ops/_axis.ts";
import { operandDevice } from "../../ops/_operands.ts";
import { Tensor } from "../../tensor.ts";

/** A parameter and its moments, of one shape, f32. */
export interface AdamwState {
  /** Parameter, `[...]`. */
  readonly param: Tensor;
  /** Mean of the gradients, `[...]`, zeros before the first step. */
  readonly m: Tensor;
  /** Mean of their squares, `[...]`, zeros before the first step. */
  readonly v: Tensor;
}

/** Options of {@linkcode adamwStep}. */
export interface AdamwOptions {
  /** Learning rate. */
  lr: number;
  /** Number of this step, from 1. */
  step: number;
  /**
   * Decay of the first moment, in [0, 1).
   *
   * @default {0.9}
   */
  readonly beta1?: number | undefined;
  /**
   * Decay of the second moment, in [0, 1).
   *
   * @default {0.999}
   */
  readonly beta2?: number | undefined;
  /**
   * Added to the denominator.
   *
   * @default {1e-8}
   */
  readonly eps?: number | undefined;
  /**
   * Decoupled weight decay.
   *
   * @default {0.01}
   */
  readonly weightDecay?: number | undefined;
}

/**
 * One step of Adam with decoupled weight decay.
 *
 * `m' = β₁ m + (1 - β₁) g`, `v' = β₂ v + (1 - β₂) g²` and
 * `p' = (1 - lr λ) p - lr m̂ / (√v̂ + eps)` with `m̂ = m' / (1 - β₁ᵗ)` and
 * `v̂ = v' / (1 - β₂ᵗ)`
 *
 * Source: Loshchilov & Hutter 2019, algorithm 2,
 * https://arxiv.org/abs/1711.05101; `torch.optim.AdamW`.
 *
 * @param state Parameter, its gradient and moments, all `[...]` of one shape, f32.
 * @param options See {@linkcode AdamwOptions}.
 * @returns The new parameter and moments, owned by the caller.
 *
 * @throws {ShapeError} If the shapes differ.
 * @throws {RangeError} If the step is no integer >= 1, or a decay not in [0, 1).
 *
 * @example Usage
 * ```ts
 * import { adamwStep, openDevice, Tensor, zeros } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using param = Tensor.from(device, [1]);
 * using grad = Tensor.from(device, [3]);
 * using m = zeros(device, [1]);
 * using v = zeros(device, [1]);
 * const next = adamwStep({ param, grad, m, v }, { lr: 0.5, step: 1, weightDecay: 0 });
 * assert.deepEqual([...await next.param.data()], [0.5]);
 * ```
 */
export function adamwStep(
  state: AdamwState & { readonly grad: Tensor },
  options: AdamwOptions,
): AdamwState {
  const { param, grad, m, v } = state;
  const device = operandDevice("adamwStep", { param, grad, m, v });
  if (![grad, m, v].every(({ shape }) => sameShape(shape, param.shape))) {
    throw new ShapeError("adamwStep", "all shapes must be equal", {
      param: param.shape,
      grad: grad.shape,
      m: m.shape,
      v: v.shape,
    });
  }
  const { lr, step, weightDecay = 0.01 } = options;
  const { beta1 = 0.9, beta2 = 0.999, eps = 1e-8 } = options;
  if (!Number.isInteger(step) || step < 1) {
    throw new RangeError(
      `Cannot run adamwStep as the step must be an integer >= 1: got ${step}`,
    );
  }
  for (const [name, beta] of Object.entries({ beta1, beta2 })) {
    if (!(beta >= 0 && beta < 1)) {
      throw new RangeError(
        `Cannot run adamwStep as ${name} must be in [0, 1): got ${beta}`,
      );
    }
  }
  const next = {
    param: new Tensor(device, param.shape),
    m: new Tensor(device, param.shape),
    v: new Tensor(device, param.shape),
  };
  device.kernels.adamw(next, { param, grad, m, v }, {
    beta1,
    beta2,
    decay: 1 - lr * weightDecay,
    stepSize: lr / (1 - beta1 ** step),
    denominatorScale: 1 / Math.sqrt(1 - beta2 ** step),
    eps,
  });
  return next;
}
