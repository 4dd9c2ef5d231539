import type { Op } from "../../op.ts";
import { gatherCpu } from "./cpu.ts";
import { gatherGradientCpu } from "./cpu_gradient.ts";
import type { GatherGradientKernel, GatherKernel } from "./kernels.ts";
import { gatherWebGpu } from "./webgpu.ts";
import { gatherGradientWebGpu } from "./webgpu_gradient.ts";

export const gather: Op<GatherKernel> = {
  cpu: gatherCpu,
  webgpu: gatherWebGpu,
};

export const gatherGradient: Op<GatherGradientKernel> = {
  cpu: gatherGradientCpu,
  webgpu: gatherGradientWebGpu,
};
