import { isQuantized } from "../dtype.ts";
import { ShapeError } from "../errors.ts";
import { extentOf, sameShape } from "../ops/_axis.ts";
import { operandDevice } from "../ops/_operands.ts";
import { output } from "../ops/_output.ts";
import { sumTo } from "../ops/_sum_axes.ts";
import { recorded, type Tensor } from "../tensor.ts";

/** Options of {@linkcode matmul}. */
export interface MatmulOptions {
  /**
   * Whether `a` is stored as `[..., K, M]`.
   *
   * @default {false}
   */
  readonly transposeA?: boolean | undefined;
  /**
   * Whether `b` is stored as `[..., N, K]`.
   *
   * @default {false}
   */
  readonly transposeB?: boolean | undefined;
}

/**
 * Matrix product.
 *
 * `y[..., m, n] = Σ_k a[..., m, k] b[..., k, n]`
 *
 * The leading axes are the same, or one operand has none and serves them all.
 *
 * @param a Left operand, `[..., M, K]`, f32.
 * @param b Right operand, `[..., K, N]`, f32, f16 or bf16, or `[K, N]` of a
 * quantised type.
 * @param options See {@linkcode MatmulOptions}.
 * @returns `[..., M, N]`, owned by the caller.
 *
 * @throws {ShapeError} If K or the leading axes differ.
 * @throws {TypeError} If an operand has another type or device.
 *
 * @example Usage
 * ```ts
 * import { matmul, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using a = Tensor.from(device, [1, 2, 3, 4], { shape: [2, 2] });
 * using b = Tensor.from(device, [10, 1], { shape: [2, 1] });
 * using y = matmul(a, b); // [2, 1]
 * assert.deepEqual([...await y.data()], [12, 34]);
 * ```
 */
export function matmul(
  a: Tensor,
  b: Tensor,
  options: MatmulOptions = {},
): Tensor {
  const { transposeA = false, transposeB = false } = options;
  const y = product(a, b, { transposeA, transposeB });
  return recorded(y, [a, b], ([needsA, needsB], save) => {
    const right = needsA ? save(b) : undefined;
    const left = needsB ? save(a) : undefined;
    // da = dy bᵀ and db = aᵀ dy, each turned as the operand is stored
    return (dy) => [
      right && sumTo(
        transposeA
          ? product(widened(right), dy, {
            transposeA: transposeB,
            transposeB: true,
          })
          : product(dy, right, { transposeB: !transposeB }),
        a.shape,
      ),
      left && sumTo(
        transposeB
          ? product(dy, left, { transposeA: true, transposeB: transposeA })
          : product(left, dy, { transposeA: !transposeA }),
        b.shape,
      ),
    ];
  });
}

/** Checks the operands, allocates the result and runs the kernel. */
function product(
  a: Tensor,
  b: Tensor,
  { transposeA = false, transposeB = false }: MatmulOptions,
): Tensor {
  const device = operandDevice("matmul", { a }, {}, { b });
  const M = a.shape.at(transposeA ? -1 : -2);
  const K = a.shape.at(transposeA ? -2 : -1);
  const N = b.shape.at(transposeB ? -2 : -1);
  const leadA = a.shape.slice(0, -2);
  const leadB = b.shape.slice(0, -2);
  const sharedA = leadA.length === 0;
  const sharedB = leadB.length === 0;
  if (
    M === undefined || N === undefined || K === undefined ||
    K !== b.shape.at(transposeB ? -1 : -2) ||
    !(sharedA || sharedB || sameShape(leadA, leadB))
  ) {
    throw new ShapeError(
      "matmul",
      `a must be [..., ${transposeA ? "K, M" : "M, K"}] and b [..., ${
        transposeB ? "N, K" : "K, N"
      }]`,
      { a: a.shape, b: b.shape },
    );
  }
  if (isQuantized(b.dtype) && !sharedB) {
    throw new ShapeError("matmul", `b of ${b.dtype} must be one matrix`, {
      b: b.shape,
    });
  }
  const lead = sharedA ? leadB : leadA;
  const shape = [...lead, M, N]; // [..., M, N]
  return output(
    device,
    shape,
    (y) =>
      device.kernels.matmul(y, a, b, {
        batch: extentOf(lead),
        M,
        N,
        K,
        transposeA,
        transposeB,
        sharedA,
        sharedB,
        bias: undefined,
      }),
  );
}

/** The same values as f32, which a left operand has to be. */
function widened(x: Tensor): Tensor {
  if (x.dtype === "f32") return x;
  const { kernels } = x.device;
  return output(
    x.device,
    x.shape,
    (y) => isQuantized(x.dtype) ? kernels.dequantize(y, x) : kernels.cast(y, x),
  );
}
