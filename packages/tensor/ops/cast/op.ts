import type { Op } from "../../op.ts";
import { castCpu } from "./cpu.ts";
import type { CastKernel } from "./kernels.ts";
import { castWebGpu } from "./webgpu.ts";

export const cast: Op<CastKernel> = {
  cpu: castCpu,
  webgpu: castWebGpu,
};
