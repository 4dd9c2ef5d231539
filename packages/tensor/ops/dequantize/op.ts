import type { Op } from "../../op.ts";
import { dequantizeCpu } from "./cpu.ts";
import type { DequantizeKernel } from "./kernels.ts";
import { dequantizeWebGpu } from "./webgpu.ts";

export const dequantize: Op<DequantizeKernel> = {
  cpu: dequantizeCpu,
  webgpu: dequantizeWebGpu,
};
