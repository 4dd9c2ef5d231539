import type { Op } from "../../op.ts";
import { modulateCpu } from "./cpu.ts";
import type { ModulateKernel } from "./kernels.ts";
import { modulateWebGpu } from "./webgpu.ts";

export const modulate: Op<ModulateKernel> = {
  cpu: modulateCpu,
  webgpu: modulateWebGpu,
};
