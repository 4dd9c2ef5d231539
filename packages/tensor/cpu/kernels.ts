import type { Kernels } from "../backend.ts";
import type { Cpu } from "./cpu.ts";
import { addGated, modulate } from "./modulate.ts";
import { affine } from "./affine.ts";
import { attentionKernel } from "./attention.ts";
import { binary } from "./binary.ts";
import { cast } from "./cast.ts";
import { concat } from "./concat.ts";
import { conv2dKernel } from "./conv2d.ts";
import { gather } from "./gather.ts";
import { groupNorm } from "./group_norm.ts";
import { layerNormKernel } from "./layer_norm.ts";
import { matmulKernel } from "./matmul.ts";
import { pad } from "./pad.ts";
import { permute } from "./permute.ts";
import { rmsNormKernel } from "./rms_norm.ts";
import { rope } from "./rope.ts";
import { slice } from "./slice.ts";
import { softmaxKernel } from "./softmax.ts";
import { unaryKernel } from "./unary.ts";
import { upsampleNearest2d } from "./upsample_nearest2d.ts";

/** The operations of the cpu backend. */
export function cpuKernels(cpu: Cpu): Kernels {
  return {
    matmul: matmulKernel(cpu),
    attention: attentionKernel(cpu),
    unary: unaryKernel(cpu),
    affine,
    binary,
    modulate,
    addGated,
    layerNorm: layerNormKernel(cpu),
    rmsNorm: rmsNormKernel(cpu),
    groupNorm,
    softmax: softmaxKernel(cpu),
    rope,
    conv2d: conv2dKernel(cpu),
    upsampleNearest2d,
    gather,
    concat,
    slice,
    pad,
    permute,
    cast,
  };
}
