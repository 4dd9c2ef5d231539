import type { Op } from "../../op.ts";
import { concatCpu } from "./cpu.ts";
import type { ConcatKernel } from "./kernels.ts";
import { concatWebGpu } from "./webgpu.ts";

export const concat: Op<ConcatKernel> = {
  cpu: concatCpu,
  webgpu: concatWebGpu,
};
