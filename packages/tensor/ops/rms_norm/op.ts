import type { Op } from "../../op.ts";
import { rmsNormCpu } from "./cpu.ts";
import { rmsNormGradientCpu } from "./cpu_gradient.ts";
import type { RmsNormGradientKernel, RmsNormKernel } from "./kernels.ts";
import { rmsNormWebGpu } from "./webgpu.ts";
import { rmsNormGradientWebGpu } from "./webgpu_gradient.ts";

export const rmsNorm: Op<RmsNormKernel> = {
  cpu: rmsNormCpu,
  webgpu: rmsNormWebGpu,
};

export const rmsNormGradient: Op<RmsNormGradientKernel> = {
  cpu: rmsNormGradientCpu,
  webgpu: rmsNormGradientWebGpu,
};
