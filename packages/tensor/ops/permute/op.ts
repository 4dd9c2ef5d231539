import type { Op } from "../../op.ts";
import { permuteCpu } from "./cpu.ts";
import type { PermuteKernel } from "./kernels.ts";
import { permuteWebGpu } from "./webgpu.ts";

export const permute: Op<PermuteKernel> = {
  cpu: permuteCpu,
  webgpu: permuteWebGpu,
};
