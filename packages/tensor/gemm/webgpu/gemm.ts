import { isQuantized } from "../../dtype.ts";
import { DeviceError } from "../../errors.ts";
import type { GpuContext } from "../../webgpu/context.ts";
import type { GemmShape } from "../../webgpu/tuned_shape.ts";
import { chooseVariant } from "./choice.ts";
import { packA } from "./pack.ts";
import { gemmByParts } from "./parts.ts";
import { gemmSplitK } from "./split_k.ts";
import type { Gemm, WeightView } from "./task.ts";

/** What the kernel of a product is chosen by. */
export function gemmShape(
  { batch, M, N, K, b, transposeB, windows }:
    & Pick<Gemm, "batch" | "M" | "N" | "K" | "transposeB" | "windows">
    & { readonly b: Pick<WeightView, "dtype"> },
): GemmShape {
  return {
    batch,
    M,
    N,
    K,
    // kernels for weights of 16 bits suit blocks as well
    bType: isQuantized(b.dtype) ? "bf16" : b.dtype as GemmShape["bType"],
    transposeB,
    channels: windows?.Cin,
  };
}

/** Runs a matrix product on the variant that suits it. */
export function gemm(context: GpuContext, task: Gemm): void {
  const shape = gemmShape(task);
  const { variant, slices } = task.choice ?? chooseVariant(context, shape);
  const lacks = variant.lacks(shape);
  if (lacks !== undefined) {
    throw new DeviceError(
      `Cannot run a matrix product on ${variant.name} as it needs ${lacks}`,
    );
  }
  if (slices > 1) {
    gemmSplitK(context, { ...task, variant }, {
      slices,
      compute: (part) => gemmByParts(context, part),
    });
  } else if (variant.factors === "f16") {
    const packed = packA(context, task);
    gemmByParts(context, { ...task, ...packed, variant });
    context.release(packed.a.storage);
    context.release(packed.scales.storage);
  } else gemmByParts(context, { ...task, variant });
}
