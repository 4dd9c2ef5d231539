import type { Op } from "../../op.ts";
import { padCpu } from "./cpu.ts";
import type { PadKernel } from "./kernels.ts";
import { padWebGpu } from "./webgpu.ts";

export const pad: Op<PadKernel> = {
  cpu: padCpu,
  webgpu: padWebGpu,
};
