import type { Op } from "../../op.ts";
import { affineCpu } from "./cpu.ts";
import type { AffineKernel } from "./kernels.ts";
import { affineWebGpu } from "./webgpu.ts";

export const affine: Op<AffineKernel> = {
  cpu: affineCpu,
  webgpu: affineWebGpu,
};
