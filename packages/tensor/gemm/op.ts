import type { Op } from "../op.ts";
import { matmulCpu, mergesLoraCpu } from "./cpu/matmul.ts";
import type { MatmulKernel, MergesLoraKernel } from "./kernels.ts";
import { matmulWebGpu } from "./webgpu/matmul.ts";

export const matmul: Op<MatmulKernel> = {
  cpu: matmulCpu,
  webgpu: matmulWebGpu,
  scratch: true,
};

export const mergesLora: Op<MergesLoraKernel> = {
  cpu: mergesLoraCpu,
  webgpu: () => () => false,
  scratch: true,
};
