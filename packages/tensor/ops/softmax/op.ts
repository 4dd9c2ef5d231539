import type { Op } from "../../op.ts";
import { softmaxCpu } from "./cpu.ts";
import { softmaxGradientCpu } from "./cpu_gradient.ts";
import type { SoftmaxGradientKernel, SoftmaxKernel } from "./kernels.ts";
import { softmaxWebGpu } from "./webgpu.ts";
import { softmaxGradientWebGpu } from "./webgpu_gradient.ts";

export const softmax: Op<SoftmaxKernel> = {
  cpu: softmaxCpu,
  webgpu: softmaxWebGpu,
};

export const softmaxGradient: Op<SoftmaxGradientKernel> = {
  cpu: softmaxGradientCpu,
  webgpu: softmaxGradientWebGpu,
};
