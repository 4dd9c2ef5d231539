import type { Op } from "../op.ts";
import { foldsBranchesCpu, matmulCpu } from "./cpu/matmul.ts";
import type { FoldsBranchesKernel, MatmulKernel } from "./kernels.ts";
import { matmulWebGpu } from "./webgpu/matmul.ts";

export const matmul: Op<MatmulKernel> = {
  cpu: matmulCpu,
  webgpu: matmulWebGpu,
  scratch: true,
};

export const foldsBranches: Op<FoldsBranchesKernel> = {
  cpu: foldsBranchesCpu,
  webgpu: () => () => false,
  scratch: true,
};
