import { ShapeError } from "../errors.ts";
import { operandDevice } from "../ops/_operands.ts";
import { output } from "../ops/_output.ts";
import { activeRecording, recorded, Tensor } from "../tensor.ts";
import { attentionRule, biasedAttentionRule } from "./attention_rule.ts";

/** Options of {@linkcode attention}. */
export interface AttentionOptions {
  /**
   * Factor of the scores before the softmax.
   *
   * @default {1 / sqrt(D)}
   */
  readonly scale?: number | undefined;
  /** Added to the scaled scores, `[1 | B, 1 | H, Lq, Lk]`; `-Infinity` masks. */
  readonly bias?: Tensor | undefined;
}

/**
 * Scaled dot-product attention.
 *
 * `y = softmax(scale q kᵀ + bias) v`, each head on its own.
 *
 * Source: Vaswani et al. 2017, eq. 1, https://arxiv.org/abs/1706.03762.
 *
 * @param q Queries, `[B, H, Lq, D]`.
 * @param k Keys, `[B, H, Lk, D]`.
 * @param v Values, `[B, H, Lk, D]`.
 * @param options See {@linkcode AttentionOptions}.
 * @returns `[B, H, Lq, D]`, owned by the caller.
 *
 * @throws {ShapeError} If the shapes do not fit together.
 * @throws {TypeError} If an operand has another type or device.
 *
 * @example Usage
 * ```ts
 * import { attention, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using q = Tensor.from(device, [0], { shape: [1, 1, 1, 1] });
 * using k = Tensor.from(device, [1, 2], { shape: [1, 1, 2, 1] });
 * using v = Tensor.from(device, [10, 30], { shape: [1, 1, 2, 1] });
 * using y = attention(q, k, v); // [1, 1, 1, 1]
 * assert.deepEqual([...await y.data()], [20]);
 * ```
 */
export function attention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: AttentionOptions = {},
): Tensor {
  const { bias } = options;
  const device = operandDevice("attention", { q, k, v, bias });
  const [B, H, Lq, D] = q.shape;
  const Lk = k.shape[2];
  const fits = (x: Tensor) =>
    x.shape.length === 4 && x.shape[0] === B && x.shape[1] === H &&
    x.shape[2] === Lk && x.shape[3] === D;
  if (q.shape.length !== 4 || !fits(k) || !fits(v)) {
    throw new ShapeError(
      "attention",
      "q must be [B, H, Lq, D] and k and v [B, H, Lk, D]",
      { q: q.shape, k: k.shape, v: v.shape },
    );
  }
  if (
    bias !== undefined &&
    (bias.shape.length !== 4 ||
      bias.shape[0] !== 1 && bias.shape[0] !== B ||
      bias.shape[1] !== 1 && bias.shape[1] !== H ||
      bias.shape[2] !== Lq || bias.shape[3] !== Lk)
  ) {
    throw new ShapeError(
      "attention",
      "bias must be [1 | B, 1 | H, Lq, Lk]",
      { q: q.shape, k: k.shape, bias: bias.shape },
    );
  }
  const { scale = 1 / Math.sqrt(D!) } = options;
  const { kernels } = device;
  const keeps = activeRecording() !== undefined && bias === undefined &&
    kernels.attentionKeeps(q, k);
  using logSumExp = keeps
    ? new Tensor(device, q.shape.slice(0, 3)) // [B, H, Lq]
    : undefined;
  const y = output(
    device,
    q.shape,
    (y) => kernels.attention(y, q, k, v, { scale, bias, logSumExp }),
  ); // [B, H, Lq, D]
  return recorded(y, [q, k, v, bias], (needs, save) => {
    const saved = { q: save(q), k: save(k), v: save(v) };
    if (bias !== undefined) {
      return biasedAttentionRule({ ...saved, bias: save(bias) }, {
        scale,
        needs,
      });
    }
    const kept = logSumExp && { y: save(y), logSumExp: save(logSumExp) };
    return attentionRule({ ...saved, kept }, { scale, needs });
  });
}
