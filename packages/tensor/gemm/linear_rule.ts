import { output } from "../ops/_output.ts";
import { sumAxes } from "../ops/_sum_axes.ts";
import type { GradientRule, Save, Tensor } from "../tensor.ts";
import type { Epilogue, LowRankBranch } from "./epilogue.ts";

/**
 * Gradients by x, weight, bias, and A and B of each branch. Of a layer that is
 * not trained only the weight is kept, for dx = dy W + Σ scale (dy B) A.
 *
 * @param layer The operands, and `scale · x Aᵀ` of each branch.
 * @param needs Whether each input needs a gradient.
 * @param save Keeps a tensor for the rule.
 */
export function linearRule(
  { x, weight, branches, downs }: {
    readonly x: Tensor;
    readonly weight: Tensor;
    readonly branches: readonly LowRankBranch<Tensor>[];
    readonly downs: readonly Tensor[];
  },
  needs: readonly boolean[],
  save: Save,
): GradientRule<Tensor> {
  const [needsX, needsWeight, needsBias, ...needsFactors] = needs;
  const shape = x.shape;
  const [N, K] = weight.shape as [number, number];
  const M = x.size / K;
  const needsA = branches.map((_, i) => needsFactors[2 * i]!);
  const needsB = branches.map((_, i) => needsFactors[2 * i + 1]!);
  const right = needsX ? save(weight) : undefined;
  const input = needsWeight || needsA.includes(true) ? save(x) : undefined;
  const saved = branches.map(({ A, B, scale }, i) => ({
    scale,
    A: needsX ? save(A) : undefined,
    B: needsX || needsA[i] ? save(B) : undefined,
    down: needsB[i] ? save(downs[i]!) : undefined,
  }));
  return (dy) => {
    // scale · dy B
    const ups = saved.map(({ B, scale }) => B && scaled(dy, B, scale)); // [M, r]
    const dx = right && output(x.device, shape, (dx) => {
      product(dx, dy, right, {});
      for (const [i, { A }] of saved.entries()) {
        product(dx, ups[i]!, A!, { accumulate: true });
      }
    });
    const factors = saved.flatMap(({ down }, i) => [
      needsA[i] ? outer(ups[i]!, input!, [M, K]) : undefined, // [r, K]
      down && outer(dy, down, [M, down.shape[1]!]), // [N, r]
    ]);
    return [
      dx,
      needsWeight ? outer(dy, input!, [M, K]) : undefined, // [N, K]
      needsBias ? sumAxes(dy.reshape([M, N]), new Set([0])) : undefined,
      ...factors,
    ];
  };
}

/** `out = a b + bias`, or `a bᵀ`, after the epilogue; rows of a are one matrix. */
export function product(
  out: Tensor,
  a: Tensor,
  b: Tensor,
  options: Epilogue & {
    readonly transposeB?: boolean | undefined;
    readonly bias?: Tensor | undefined;
    readonly branches?: readonly LowRankBranch<Tensor>[] | undefined;
  },
): void {
  const { transposeB = false } = options;
  const [rows, columns] = b.shape as [number, number];
  const [N, K] = transposeB ? [rows, columns] : [columns, rows];
  out.device.kernels.matmul(out, a, b, {
    batch: 1,
    M: a.size / K,
    N,
    K,
    transposeA: false,
    sharedA: true,
    sharedB: true,
    bias: undefined,
    ...options,
    transposeB,
  });
}

/** `scale · dy B`. */
function scaled(dy: Tensor, B: Tensor, scale: number): Tensor {
  const { device } = dy;
  const [N, r] = B.shape as [number, number];
  const up = output(device, [dy.size / N, r], (y) => product(y, dy, B, {}));
  if (scale === 1) return up;
  using _ = up;
  return output(device, up.shape, (y) => {
    device.kernels.affine(y, up, scale, 0);
  });
}

/** `aᵀ b` over M rows, `[columns of a, K]`; whichever is narrower is turned. */
function outer(
  a: Tensor,
  b: Tensor,
  [M, K]: readonly [M: number, K: number],
): Tensor {
  const { device } = a;
  const N = a.size / M;
  const turned = (a: Tensor, b: Tensor, rows: number, columns: number) =>
    output(device, [rows, columns], (y) =>
      device.kernels.matmul(y, a, b, {
        batch: 1,
        M: rows,
        N: columns,
        K: M,
        transposeA: true,
        transposeB: false,
        sharedA: true,
        sharedB: true,
        bias: undefined,
      }));
  if (N <= K) return turned(a, b, N, K);
  using back = turned(b, a, K, N); // [K, N]
  return output(device, [N, K], (y) => {
    device.kernels.permute(y, back, [1, 0]);
  });
}
