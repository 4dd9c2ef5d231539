import type { Op } from "../../op.ts";
import { binaryCpu } from "./cpu.ts";
import type { BinaryKernel } from "./kernels.ts";
import { binaryWebGpu } from "./webgpu.ts";

export const binary: Op<BinaryKernel> = {
  cpu: binaryCpu,
  webgpu: binaryWebGpu,
};
