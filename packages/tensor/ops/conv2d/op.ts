import type { Op } from "../../op.ts";
import { conv2dCpu } from "./cpu.ts";
import type { Conv2dKernel } from "./kernels.ts";
import { conv2dWebGpu } from "./webgpu.ts";

export const conv2d: Op<Conv2dKernel> = {
  cpu: conv2dCpu,
  webgpu: conv2dWebGpu,
  scratch: true,
};
