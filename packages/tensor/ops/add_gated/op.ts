import type { Op } from "../../op.ts";
import { addGatedCpu } from "./cpu.ts";
import type { AddGatedKernel } from "./kernels.ts";
import { addGatedWebGpu } from "./webgpu.ts";

export const addGated: Op<AddGatedKernel> = {
  cpu: addGatedCpu,
  webgpu: addGatedWebGpu,
};
