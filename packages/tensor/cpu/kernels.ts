import type { Kernels } from "../backend.ts";
import { addGated, modulate } from "./modulate.ts";
import { affine } from "./affine.ts";
import { attention } from "./attention.ts";
import { binary } from "./binary.ts";
import { cast } from "./cast.ts";
import { concat } from "./concat.ts";
import { conv2d } from "./conv2d.ts";
import { gather } from "./gather.ts";
import { groupNorm } from "./group_norm.ts";
import { layerNorm } from "./layer_norm.ts";
import { matmul } from "./matmul.ts";
import { pad } from "./pad.ts";
import { permute } from "./permute.ts";
import { rmsNorm } from "./rms_norm.ts";
import { rope } from "./rope.ts";
import { slice } from "./slice.ts";
import { softmax } from "./softmax.ts";
import { unary } from "./unary.ts";
import { upsampleNearest2d } from "./upsample_nearest2d.ts";

/** The operations of the cpu backend. */
export function cpuKernels(): Kernels {
  return {
    matmul,
    attention,
    unary,
    affine,
    binary,
    modulate,
    addGated,
    layerNorm,
    rmsNorm,
    groupNorm,
    softmax,
    rope,
    conv2d,
    upsampleNearest2d,
    gather,
    concat,
    slice,
    pad,
    permute,
    cast,
  };
}
