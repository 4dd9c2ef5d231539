import type { Op } from "../../op.ts";
import { adamwCpu } from "./cpu.ts";
import type { AdamwKernel } from "./kernels.ts";
import { adamwWebGpu } from "./webgpu.ts";

export const adamw: Op<AdamwKernel> = {
  cpu: adamwCpu,
  webgpu: adamwWebGpu,
};
