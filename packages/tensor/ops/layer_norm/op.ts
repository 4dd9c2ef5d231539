import type { Op } from "../../op.ts";
import { layerNormCpu } from "./cpu.ts";
import { layerNormGradientCpu } from "./cpu_gradient.ts";
import type { LayerNormGradientKernel, LayerNormKernel } from "./kernels.ts";
import { layerNormWebGpu } from "./webgpu.ts";
import { layerNormGradientWebGpu } from "./webgpu_gradient.ts";

export const layerNorm: Op<LayerNormKernel> = {
  cpu: layerNormCpu,
  webgpu: layerNormWebGpu,
};

export const layerNormGradient: Op<LayerNormGradientKernel> = {
  cpu: layerNormGradientCpu,
  webgpu: layerNormGradientWebGpu,
};
