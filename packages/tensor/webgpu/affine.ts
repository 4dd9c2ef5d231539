import { affineWgsl } from "@edit-transfer/kernels";
import type { Tensor } from "../tensor.ts";
import type { GpuContext } from "./context.ts";
import { pointwise } from "./pointwise.ts";
import type { KernelVariant } from "./variant.ts";

const AFFINE: KernelVariant = { name: "affine", source: affineWgsl };

/** See `Kernels.affine`. */
export function affine(
  context: GpuContext,
  out: Tensor,
  x: Tensor,
  { alpha, beta }: { alpha: number; beta: number },
): void {
  pointwise(context, out, x, { variant: AFFINE, floats: [alpha, beta] });
}
