/**
 * Sources of the kernels: WGSL as text, and functions that write WGSL.
 *
 * Every `.wgsl` file here is a shader that compiles as it stands, so editors and
 * validators can read it. {@linkcode specialize} swaps in what differs between
 * variants; what kernels share takes the place of their `// @include` lines.
 * Kernels that have to be unrolled are written by a function, e.g.
 * {@linkcode gemmTileWgsl}.
 *
 * ```ts
 * import { binaryWgsl, specialize } from "@edit-transfer/kernels";
 * import assert from "node:assert/strict";
 *
 * assert.match(specialize(binaryWgsl, { T: "vec4f" }), /alias T = vec4f;/);
 * ```
 *
 * @module
 */
import adamw from "./adamw.wgsl" with { type: "text" };
import addGated from "./add_gated.wgsl" with { type: "text" };
import affine from "./affine.wgsl" with { type: "text" };
import attentionGradientRows from "./attention_gradient_rows.wgsl" with {
  type: "text",
};
import binary from "./binary.wgsl" with { type: "text" };
import cast from "./cast.wgsl" with { type: "text" };
import copy from "./copy.wgsl" with { type: "text" };
import fill from "./fill.wgsl" with { type: "text" };
import gather from "./gather.wgsl" with { type: "text" };
import gatherGradient from "./gather_gradient.wgsl" with { type: "text" };
import gemmPack from "./gemm_pack.wgsl" with { type: "text" };
import gemmRowMax from "./gemm_row_max.wgsl" with { type: "text" };
import groupNormApply from "./group_norm_apply.wgsl" with { type: "text" };
import groupNormCombine from "./group_norm_combine.wgsl" with { type: "text" };
import groupNormStats from "./group_norm_stats.wgsl" with { type: "text" };
import { include } from "./include.ts";
import layerNorm from "./layer_norm.wgsl" with { type: "text" };
import layerNormGradient from "./layer_norm_gradient.wgsl" with {
  type: "text",
};
import modulate from "./modulate.wgsl" with { type: "text" };
import rmsNorm from "./rms_norm.wgsl" with { type: "text" };
import rmsNormGradient from "./rms_norm_gradient.wgsl" with { type: "text" };
import rmsNormRope from "./rms_norm_rope.wgsl" with { type: "text" };
import rope from "./rope.wgsl" with { type: "text" };
import rowDot from "./row_dot.wgsl" with { type: "text" };
import rows from "./rows.wgsl" with { type: "text" };
import softmax from "./softmax.wgsl" with { type: "text" };
import softmaxGradient from "./softmax_gradient.wgsl" with { type: "text" };
import sum from "./sum.wgsl" with { type: "text" };
import unary from "./unary.wgsl" with { type: "text" };
import unaryFunctions from "./unary_functions.wgsl" with { type: "text" };
import unaryGradient from "./unary_gradient.wgsl" with { type: "text" };

export { type GemmSpec } from "./gemm_common.ts";
export { type GemmEpilogue } from "./gemm_epilogue.ts";
export { ATTENTION_BLOCK, attentionLoops } from "./attention_blocks.ts";
export * from "./attention_gradient.ts";
export * from "./attention_matrix.ts";
export * from "./attention_matrix_gradient.ts";
export {
  attentionMatrixBytes,
  attentionMatrixRows,
  type AttentionMatrixSpec,
} from "./attention_matrix_layout.ts";
export { MAX_HEAD } from "./attention_blocks.ts";
export { type AttentionSpec, attentionTileWgsl } from "./attention_tile.ts";
export { type BlockType } from "./blocks.ts";
export * from "./dequantize.ts";
export * from "./gemm_matrix.ts";
export * from "./gemm_reduce.ts";
export * from "./gemm_shuffle.ts";
export * from "./gemm_tile.ts";
export * from "./gemm_wasm.ts";
export * from "./non_finite_wasm.ts";
export * from "./specialize.ts";
export {
  CONTROL,
  FORMS,
  MAX_BLOCK,
  MAX_ROWS,
  OPERANDS,
  PANEL,
  POINTWISE,
  SPILL_BYTES,
  TASKS,
  TILE_ROWS,
} from "./wasm/control.ts";

/** Residual connection with a gate of each sample. See `add_gated.wgsl`. */
export const addGatedWgsl: string = addGated;
/** A line through each element. See `affine.wgsl`. */
export const affineWgsl: string = affine;
/** Statistics and scales of queries. See `attention_gradient_rows.wgsl`. */
export const attentionGradientRowsWgsl: string = attentionGradientRows;
/** A function of two elements, with broadcasting. See `binary.wgsl`. */
export const binaryWgsl: string = binary;
/** Converts between f32, f16 and bf16, to the nearest, ties to even. See `cast.wgsl`. */
export const castWgsl: string = cast;
/** Moves elements between strided arrays. See `copy.wgsl`. */
export const copyWgsl: string = copy;
/** One value everywhere. See `fill.wgsl`. */
export const fillWgsl: string = fill;
/** Rows of a table. See `gather.wgsl`. */
export const gatherWgsl: string = gather;
/** Rows of f32 as f16 with a scale each. See `gemm_pack.wgsl`. */
export const gemmPackWgsl: string = gemmPack;
/** Largest magnitude of each row. See `gemm_row_max.wgsl`. */
export const gemmRowMaxWgsl: string = gemmRowMax;
/** Normalizes with known statistics, then SiLU if asked for. See `group_norm_apply.wgsl`. */
export const groupNormApplyWgsl: string = groupNormApply;
/** Joins the statistics of all blocks of an image. See `group_norm_combine.wgsl`. */
export const groupNormCombineWgsl: string = groupNormCombine;
/** Mean and sum of squared deviations of blocks of pixels. See `group_norm_stats.wgsl`. */
export const groupNormStatsWgsl: string = groupNormStats;
/** Normalizes each row to mean 0 and variance 1. See `layer_norm.wgsl`. */
export const layerNormWgsl: string = include(layerNorm, ["rows.wgsl", rows]);
/** Adaptive scale and shift of each sample's tokens. See `modulate.wgsl`. */
export const modulateWgsl: string = modulate;
/** Root mean square norm over the last axis. See `rms_norm.wgsl`. */
export const rmsNormWgsl: string = include(rmsNorm, ["rows.wgsl", rows]);
/** Norm and rotation of each head, heads first. See `rms_norm_rope.wgsl`. */
export const rmsNormRopeWgsl: string = include(rmsNormRope, [
  "rows.wgsl",
  rows,
]);
/** Rotary position embedding of interleaved pairs. See `rope.wgsl`. */
export const ropeWgsl: string = rope;
/** Products of two rows each. See `row_dot.wgsl`. */
export const rowDotWgsl: string = include(rowDot, ["rows.wgsl", rows]);
/** Exponentials of each row, divided by their sum. See `softmax.wgsl`. */
export const softmaxWgsl: string = include(softmax, ["rows.wgsl", rows]);
/** A function of each element. See `unary.wgsl`. */
export const unaryWgsl: string = include(unary, [
  "unary_functions.wgsl",
  unaryFunctions,
]);
/** One step of Adam with decoupled weight decay. See `adamw.wgsl`. */
export const adamwWgsl: string = adamw;
/** Sums what was read from each row of a table. See `gather_gradient.wgsl`. */
export const gatherGradientWgsl: string = gatherGradient;
/** Gradient of a layer norm. See `layer_norm_gradient.wgsl`. */
export const layerNormGradientWgsl: string = include(layerNormGradient, [
  "rows.wgsl",
  rows,
]);
/** Gradient of a root mean square norm. See `rms_norm_gradient.wgsl`. */
export const rmsNormGradientWgsl: string = include(rmsNormGradient, [
  "rows.wgsl",
  rows,
]);
/** Gradient of a softmax. See `softmax_gradient.wgsl`. */
export const softmaxGradientWgsl: string = include(softmaxGradient, [
  "rows.wgsl",
  rows,
]);
/** Sums over an axis. See `sum.wgsl`. */
export const sumWgsl: string = sum;
/** Gradient of a function of each element. See `unary_gradient.wgsl`. */
export const unaryGradientWgsl: string = include(unaryGradient, [
  "unary_functions.wgsl",
  unaryFunctions,
]);
