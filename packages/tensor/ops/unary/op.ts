import type { Op } from "../../op.ts";
import { unaryCpu, unaryGradientCpu } from "./cpu.ts";
import type { UnaryGradientKernel, UnaryKernel } from "./kernels.ts";
import { unaryWebGpu } from "./webgpu.ts";
import { unaryGradientWebGpu } from "./webgpu_gradient.ts";

export const unary: Op<UnaryKernel> = {
  cpu: unaryCpu,
  webgpu: unaryWebGpu,
};

export const unaryGradient: Op<UnaryGradientKernel> = {
  cpu: unaryGradientCpu,
  webgpu: unaryGradientWebGpu,
};
