import type { Op } from "../../op.ts";
import { upsampleNearest2dCpu } from "./cpu.ts";
import type { UpsampleNearest2dKernel } from "./kernels.ts";
import { upsampleNearest2dWebGpu } from "./webgpu.ts";

export const upsampleNearest2d: Op<UpsampleNearest2dKernel> = {
  cpu: upsampleNearest2dCpu,
  webgpu: upsampleNearest2dWebGpu,
};
