import type { Kernels } from "../backend.ts";
import type { Cpu } from "./cpu.ts";
import { addGatedKernel } from "./add_gated.ts";
import { modulateKernel } from "./modulate.ts";
import { adamw } from "./adamw.ts";
import { affineKernel } from "./affine.ts";
import { attentionKernel } from "./attention.ts";
import { attentionGradientKernel } from "./attention_gradient.ts";
import { binaryKernel } from "./binary.ts";
import { cast } from "./cast.ts";
import { concatKernel } from "./concat.ts";
import { conv2dKernel } from "./conv2d.ts";
import { dequantize } from "./dequantize.ts";
import { gather } from "./gather.ts";
import { gatherGradient } from "./gather_gradient.ts";
import { groupNormKernel } from "./group_norm.ts";
import { layerNormKernel } from "./layer_norm.ts";
import { layerNormModulateKernel } from "./layer_norm_modulate.ts";
import { layerNormGradientKernel } from "./layer_norm_gradient.ts";
import { foldsBranchesKernel, matmulKernel } from "./matmul.ts";
import { padKernel } from "./pad.ts";
import { permuteKernel } from "./permute.ts";
import { rmsNormKernel } from "./rms_norm.ts";
import { rmsNormGradientKernel } from "./rms_norm_gradient.ts";
import { rmsNormRopeKernel } from "./rms_norm_rope.ts";
import { ropeKernel } from "./rope.ts";
import { sliceKernel } from "./slice.ts";
import { softmaxKernel } from "./softmax.ts";
import { softmaxGradientKernel } from "./softmax_gradient.ts";
import { sumKernel } from "./sum.ts";
import { unaryKernel } from "./unary.ts";
import { unaryGradientKernel } from "./unary_gradient.ts";
import { upsampleNearest2dKernel } from "./upsample_nearest2d.ts";

/** The operations of the cpu backend. */
export function cpuKernels(cpu: Cpu): Kernels {
  return {
    matmul: matmulKernel(cpu),
    foldsBranches: foldsBranchesKernel(cpu),
    attention: attentionKernel(cpu),
    attentionGradient: attentionGradientKernel(cpu),
    attentionKeeps: () => false,
    unary: unaryKernel(cpu),
    affine: affineKernel(cpu),
    binary: binaryKernel(cpu),
    modulate: modulateKernel(cpu),
    addGated: addGatedKernel(cpu),
    layerNorm: layerNormKernel(cpu),
    rmsNorm: rmsNormKernel(cpu),
    layerNormModulate: layerNormModulateKernel(cpu),
    rmsNormRope: rmsNormRopeKernel(cpu),
    groupNorm: groupNormKernel(cpu),
    softmax: softmaxKernel(cpu),
    rope: ropeKernel(cpu),
    conv2d: conv2dKernel(cpu),
    upsampleNearest2d: upsampleNearest2dKernel(cpu),
    gather,
    concat: concatKernel(cpu),
    slice: sliceKernel(cpu),
    pad: padKernel(cpu),
    permute: permuteKernel(cpu),
    cast,
    dequantize,
    sum: sumKernel(cpu),
    unaryGradient: unaryGradientKernel(cpu),
    layerNormGradient: layerNormGradientKernel(cpu),
    rmsNormGradient: rmsNormGradientKernel(cpu),
    softmaxGradient: softmaxGradientKernel(cpu),
    gatherGradient,
    adamw,
  };
}
