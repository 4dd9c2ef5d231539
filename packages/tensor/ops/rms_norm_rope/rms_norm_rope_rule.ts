import type { GradientRule, Tensor } from "../../tensor.ts";
import { output } from "../_output.ts";
import { sumAxes } from "../_sum_axes.ts";

/** Queries or keys of a stream, and the gain of their norm. */
export interface HeadRows {
  /** `[B, L, H, D]`. */
  readonly x: Tensor;
  /** `[D]`. */
  readonly weight: Tensor;
}

/** Gradients by x and weight of each part, in turn. */
export function rmsNormRopeRule(
  parts: readonly HeadRows[],
  { cos, sin, eps, needs }: {
    cos: Tensor;
    sin: Tensor;
    eps: number;
    needs: readonly boolean[];
  },
): GradientRule<Tensor> {
  const { device } = cos;
  const { kernels } = device;
  return (dy) => {
    const [B, H, L, D] = dy.shape as [number, number, number, number];
    using negated = output(
      device,
      sin.shape,
      (y) => kernels.unary(y, sin, "neg"),
    );
    using back = output(
      device,
      dy.shape,
      (y) => kernels.rope(y, dy, cos, negated),
    ); // [B, H, L, D]
    using turned = output(
      device,
      [B, L, H, D],
      (y) => kernels.permute(y, back, [0, 2, 1, 3]),
    ); // [B, L, H, D]
    back.dispose();
    let first = 0;
    return parts.flatMap(({ x, weight }, i) => {
      const start = first;
      first += x.shape[1]!;
      const [needsX, needsWeight] = [needs[2 * i], needs[2 * i + 1]];
      if (!needsX && !needsWeight) return [undefined, undefined];
      using dn = output(
        device,
        x.shape,
        (y) => kernels.slice(y, turned, [0, start, 0, 0]),
      ); // [B, L_i, H, D]
      return [
        needsX
          ? output(
            device,
            x.shape,
            (dx) => kernels.rmsNormGradient(dx, x, dn, { weight, eps }),
          )
          : undefined,
        needsWeight ? gradientOfWeight({ x, weight }, dn, eps) : undefined,
      ];
    });
  };
}

/** `Σ dy x / sqrt(mean(x²) + eps)` over all but the last axis. */
function gradientOfWeight(
  { x, weight }: HeadRows,
  dy: Tensor,
  eps: number,
): Tensor {
  const { device, shape } = x;
  const { kernels } = device;
  using ones = output(
    device,
    weight.shape,
    (y) => kernels.affine(y, weight, 0, 1),
  ); // [D]
  using normed = output(
    device,
    shape,
    (y) => kernels.rmsNorm(y, x, ones, eps),
  );
  using product = output(
    device,
    shape,
    (y) => kernels.binary(y, dy, normed, "mul"),
  );
  return sumAxes(product, new Set([0, 1, 2]));
}
