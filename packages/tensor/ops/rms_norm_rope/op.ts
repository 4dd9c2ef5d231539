import type { Op } from "../../op.ts";
import { rmsNormRopeCpu } from "./cpu.ts";
import type { RmsNormRopeKernel } from "./kernels.ts";
import { rmsNormRopeWebGpu } from "./webgpu.ts";

export const rmsNormRope: Op<RmsNormRopeKernel> = {
  cpu: rmsNormRopeCpu,
  webgpu: rmsNormRopeWebGpu,
  scratch: true,
};
