import { output } from "../ops/_output.ts";
import { sumTo } from "../ops/_sum_axes.ts";
import { scope } from "../scope.ts";
import type { GradientRule, Tensor } from "../tensor.ts";

interface Operands {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
}

/** What the forward pass has kept for the backward one. */
export interface Kept {
  readonly y: Tensor;
  readonly logSumExp: Tensor;
}

/** Gradients of attention without a bias, which holds no matrix of scores. */
export function attentionRule(
  { q, k, v, kept }: Operands & { readonly kept: Kept | undefined },
  { scale, needs }: { scale: number; needs: readonly boolean[] },
): GradientRule<Tensor> {
  const { device } = q;
  return (dy) => {
    // what is made is freed by the tape, also if the kernel throws
    const made = (i: number, x: Tensor) =>
      needs[i] ? output(device, x.shape, () => {}) : undefined;
    const [dq, dk, dv] = [made(0, q), made(1, k), made(2, v)];
    device.kernels.attentionGradient(
      { dq, dk, dv },
      { q, k, v, dy, kept },
      { scale },
    );
    return [dq, dk, dv];
  };
}

/**
 * Gradients of attention with a bias. That by the bias is as large as the
 * scores, so these are held whole.
 */
export function biasedAttentionRule(
  { q, k, v, bias }: Operands & { readonly bias: Tensor },
  { scale, needs: [needsQ, needsK, needsV, needsBias] }: {
    scale: number;
    needs: readonly boolean[];
  },
): GradientRule<Tensor> {
  const { device } = q;
  const { kernels } = device;
  const scaled = (x: Tensor) =>
    output(device, x.shape, (y) => kernels.affine(y, x, scale, 0));
  return (dy) => {
    const queries = scaled(q); // [B, H, Lq, D]
    const probabilities = scope(() => {
      const scores = product(queries, k, { transposeB: true }); // [B, H, Lq, Lk]
      const biased = output(device, scores.shape, (y) => {
        kernels.binary(y, scores, bias, "add");
      });
      return output(device, scores.shape, (y) => kernels.softmax(y, biased));
    }); // [B, H, Lq, Lk]
    const dv = needsV
      ? product(probabilities, dy, { transposeA: true })
      : undefined; // [B, H, Lk, D]
    if (!needsQ && !needsK && !needsBias) return [undefined, undefined, dv];

    using dp = product(dy, v, { transposeB: true }); // [B, H, Lq, Lk]
    const ds = output(
      device,
      dp.shape,
      (y) => kernels.softmaxGradient(y, probabilities, dp),
    ); // [B, H, Lq, Lk]
    probabilities.dispose();
    return [
      needsQ ? scaled(product(ds, k)) : undefined, // [B, H, Lq, D]
      needsK ? product(ds, queries, { transposeA: true }) : undefined, // [B, H, Lk, D]
      dv,
      needsBias ? sumTo(ds, bias.shape) : undefined,
    ];
  };
}

/** Product of the matrices of each head. */
function product(
  a: Tensor,
  b: Tensor,
  { transposeA = false, transposeB = false } = {},
): Tensor {
  const [B, H] = a.shape as [number, number];
  const [M, K] = a.shape.slice(2) as [number, number];
  const [rows, columns] = transposeA ? [K, M] : [M, K];
  const N = b.shape[transposeB ? 2 : 3]!;
  return output(a.device, [B, H, rows, N], (y) => {
    a.device.kernels.matmul(y, a, b, {
      batch: B * H,
      M: rows,
      N,
      K: columns,
      transposeA,
      transposeB,
      sharedA: false,
      sharedB: false,
      bias: undefined,
    });
  });
}
