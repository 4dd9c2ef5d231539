import type { Op } from "../../op.ts";
import { sliceCpu } from "./cpu.ts";
import type { SliceKernel } from "./kernels.ts";
import { sliceWebGpu } from "./webgpu.ts";

export const slice: Op<SliceKernel> = {
  cpu: sliceCpu,
  webgpu: sliceWebGpu,
};
