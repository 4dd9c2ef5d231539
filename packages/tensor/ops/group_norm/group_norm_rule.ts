import type { GradientRule, Tensor } from "../../tensor.ts";
import { output } from "../_output.ts";
import { sumAxes } from "../_sum_axes.ts";

/**
 * Gradients of a group norm: with its groups brought together, a group norm is
 * a layer norm whose rows are the pixels and channels of a group.
 */
export function groupNormRule(
  { x, weight, bias }: {
    readonly x: Tensor;
    readonly weight: Tensor;
    readonly bias: Tensor;
  },
  { groups, eps, silu, needs: [needsX, needsWeight, needsBias] }: {
    groups: number;
    eps: number;
    silu: boolean;
    needs: readonly boolean[];
  },
): GradientRule<Tensor> {
  const { device, shape } = x;
  const { kernels } = device;
  const [B, h, w, C] = shape as [number, number, number, number];
  const size = C / groups;
  const pixels = new Set([0, 1, 2]);
  const rows = [B, groups, h * w, size];
  const product = (a: Tensor, b: Tensor) =>
    output(device, shape, (y) => kernels.binary(y, a, b, "mul"));
  const norm = (weight: Tensor, bias: Tensor) =>
    output(device, shape, (y) => {
      const options = { weight, bias, groups, eps, silu: false };
      kernels.groupNorm(y, x, options);
    }); // [B, h, w, C]
  const constant = (value: number) =>
    output(device, [C], (y) => kernels.affine(y, weight, 0, value));
  const together = (x: Tensor) => {
    const grouped = x.reshape([B, h * w, groups, size]);
    return output(
      device,
      rows,
      (y) => kernels.permute(y, grouped, [0, 2, 1, 3]),
    ).reshape([B, groups, h * w * size]);
  };
  return (dy) => {
    const dz = silu
      ? output(device, shape, (y) => {
        kernels.unaryGradient(y, norm(weight, bias), dy, "silu");
      })
      : dy; // [B, h, w, C]
    return [
      needsX ? ofInput(dz) : undefined,
      needsWeight
        ? sumAxes(product(dz, norm(constant(1), constant(0))), pixels)
        : undefined,
      needsBias ? sumAxes(dz, pixels) : undefined,
    ];
  };

  function ofInput(dz: Tensor): Tensor {
    const values = together(x); // [B, groups, h w size]
    const dNormed = together(product(dz, weight));
    const grouped = output(device, values.shape, (y) => {
      const options = { weight: undefined, eps };
      kernels.layerNormGradient(y, values, dNormed, options);
    }).reshape(rows);
    return output(
      device,
      [B, h * w, groups, size],
      (y) => kernels.permute(y, grouped, [0, 2, 1, 3]),
    );
  }
}
