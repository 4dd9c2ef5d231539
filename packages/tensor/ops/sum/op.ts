import type { Op } from "../../op.ts";
import { sumCpu } from "./cpu.ts";
import type { SumKernel } from "./kernels.ts";
import { sumWebGpu } from "./webgpu.ts";

export const sum: Op<SumKernel> = {
  cpu: sumCpu,
  webgpu: sumWebGpu,
};
