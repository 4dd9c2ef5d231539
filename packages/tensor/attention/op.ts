import type { Op } from "../op.ts";
import { attentionCpu } from "./cpu.ts";
import { attentionGradientCpu } from "./cpu_gradient.ts";
import type {
  AttentionGradientKernel,
  AttentionKeepsKernel,
  AttentionKernel,
} from "./kernels.ts";
import { attentionWebGpu } from "./webgpu/attention.ts";
import {
  attentionGradientWebGpu,
  attentionKeepsWebGpu,
} from "./webgpu/gradient.ts";

export const attention: Op<AttentionKernel> = {
  cpu: attentionCpu,
  webgpu: attentionWebGpu,
  scratch: true,
};

export const attentionGradient: Op<AttentionGradientKernel> = {
  cpu: attentionGradientCpu,
  webgpu: attentionGradientWebGpu,
  scratch: true,
};

export const attentionKeeps: Op<AttentionKeepsKernel> = {
  cpu: () => () => false,
  webgpu: attentionKeepsWebGpu,
  scratch: true,
};
