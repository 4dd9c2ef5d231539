import type { Kernels } from "../backend.ts";
import { adamw } from "./adamw.ts";
import { addGated } from "./add_gated.ts";
import { affine } from "./affine.ts";
import { attention } from "./attention.ts";
import { attentionGradient, attentionKeeps } from "./attention_gradient.ts";
import { binary } from "./binary.ts";
import { cast } from "./cast.ts";
import { concat } from "./concat.ts";
import type { GpuContext } from "./context.ts";
import { conv2d } from "./conv2d.ts";
import { dequantize } from "./dequantize.ts";
import { gather } from "./gather.ts";
import { gatherGradient } from "./gather_gradient.ts";
import { groupNorm } from "./group_norm.ts";
import { layerNorm, layerNormModulate } from "./layer_norm.ts";
import { layerNormGradient } from "./layer_norm_gradient.ts";
import { matmul } from "./matmul.ts";
import { modulate } from "./modulate.ts";
import { pad } from "./pad.ts";
import { permute } from "./permute.ts";
import { rmsNorm } from "./rms_norm.ts";
import { rmsNormGradient } from "./rms_norm_gradient.ts";
import { rmsNormRope } from "./rms_norm_rope.ts";
import { rope } from "./rope.ts";
import { slice } from "./slice.ts";
import { softmax } from "./softmax.ts";
import { softmaxGradient } from "./softmax_gradient.ts";
import { sum } from "./sum.ts";
import { unary } from "./unary.ts";
import { unaryGradient } from "./unary_gradient.ts";
import { upsampleNearest2d } from "./upsample_nearest2d.ts";

/** All operations, recording their dispatches on one device. */
export function webGpuKernels(context: GpuContext): Kernels {
  return {
    matmul: (out, a, b, options) => matmul(context, out, [a, b], options),
    attention: (out, q, k, v, options) =>
      attention(context, out, [q, k, v], options),
    attentionGradient: (out, from, options) =>
      attentionGradient(context, out, from, options),
    attentionKeeps: (q, k) => attentionKeeps(context, q, k),
    unary: (out, x, f) => unary(context, out, x, f),
    affine: (out, x, alpha, beta) => affine(context, out, x, { alpha, beta }),
    binary: (out, a, b, f) => binary(context, out, a, { b, f }),
    modulate: (out, x, shift, scale) =>
      modulate(context, out, x, { shift, scale }),
    addGated: (out, x, gate, y) => addGated(context, out, x, { gate, y }),
    layerNorm: (out, x, options) => layerNorm(context, out, x, options),
    rmsNorm: (out, x, weight, eps) => rmsNorm(context, out, x, { weight, eps }),
    layerNormModulate: (out, x, options) =>
      layerNormModulate(context, out, x, options),
    rmsNormRope: (out, x, options) => rmsNormRope(context, out, x, options),
    groupNorm: (out, x, options) => groupNorm(context, out, x, options),
    softmax: (out, x) => softmax(context, out, x),
    rope: (out, x, cos, sin) => rope(context, out, x, { cos, sin }),
    conv2d: (out, x, weight, options) =>
      conv2d(context, out, [x, weight], options),
    upsampleNearest2d: (out, x, factor) =>
      upsampleNearest2d(context, out, x, factor),
    gather: (out, table, indices) => gather(context, out, table, indices),
    concat: (out, parts, axis) => concat(context, out, parts, axis),
    slice: (out, x, starts) => slice(context, out, x, starts),
    pad: (out, x, before, value) => pad(context, out, x, { before, value }),
    permute: (out, x, axes) => permute(context, out, x, axes),
    cast: (out, x) => cast(context, out, x),
    dequantize: (out, x) => dequantize(context, out, x),
    sum: (out, x, options) => sum(context, out, x, options),
    unaryGradient: (out, x, dy, f) => unaryGradient(context, out, [x, dy], f),
    layerNormGradient: (out, x, dy, options) =>
      layerNormGradient(context, out, [x, dy], options),
    rmsNormGradient: (out, x, dy, options) =>
      rmsNormGradient(context, out, [x, dy], options),
    softmaxGradient: (out, y, dy) => softmaxGradient(context, out, y, dy),
    gatherGradient: (out, dy, indices) =>
      gatherGradient(context, out, dy, indices),
    adamw: (out, from, options) => adamw(context, out, from, options),
  };
}
