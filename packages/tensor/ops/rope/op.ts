import type { Op } from "../../op.ts";
import { ropeCpu } from "./cpu.ts";
import type { RopeKernel } from "./kernels.ts";
import { ropeWebGpu } from "./webgpu.ts";

export const rope: Op<RopeKernel> = {
  cpu: ropeCpu,
  webgpu: ropeWebGpu,
};
