import type { Op } from "../../op.ts";
import { groupNormCpu } from "./cpu.ts";
import type { GroupNormKernel } from "./kernels.ts";
import { groupNormWebGpu } from "./webgpu.ts";

export const groupNorm: Op<GroupNormKernel> = {
  cpu: groupNormCpu,
  webgpu: groupNormWebGpu,
};
