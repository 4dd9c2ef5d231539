import type { GpuContext } from "../../webgpu/context.ts";
import { generated } from "../../webgpu/variant.ts";
import { viewOf } from "../../webgpu/view.ts";
import type {
  AttentionGradientKernel,
  AttentionKeepsKernel,
} from "../kernels.ts";
import { ATTENTION_BLOCK } from "../wgsl/blocks.ts";
import {
  attentionGradientOfKeysWgsl,
  attentionGradientOfQueriesWgsl,
} from "../wgsl/gradient.ts";
import { type AttentionVariant, chooseAttentionGradient } from "./choice.ts";
import { attentionGradientByMatrices } from "./gradient_matrix.ts";
import { attentionDeltas } from "./gradient_rows.ts";
import { attentionGradientByScores } from "./gradient_scores.ts";
import {
  type GradientFrom,
  type GradientFromKept,
  type GradientOut,
  runAttentionGradient,
} from "./run_gradient.ts";

type Options = Parameters<AttentionGradientKernel>[2];

export function attentionGradientWebGpu(
  context: GpuContext,
): AttentionGradientKernel {
  return (out, from, options) => attentionGradient(context, out, from, options);
}

/** The gradients on `variant`, which is chosen by the shape if not given. */
export function attentionGradient(
  context: GpuContext,
  out: GradientOut,
  from: GradientFrom,
  { scale, variant: given }: Options & {
    readonly variant?: AttentionVariant | undefined;
  },
): void {
  const { q, k, kept } = from;
  const variant = kept === undefined
    ? undefined
    : given ?? chooseAttentionGradient(context, { q, k, kept: true });
  if (kept === undefined || variant?.name === "scores") {
    attentionGradientByScores(context, out, from, { scale });
  } else if (variant?.name === "matrix") {
    const options = { scale, matrices: variant.matrices };
    attentionGradientByMatrices(context, out, { ...from, kept }, options);
  } else attentionGradientByTiles(context, out, { ...from, kept }, { scale });
}

export function attentionKeepsWebGpu(
  context: GpuContext,
): AttentionKeepsKernel {
  return (q, k) => chooseAttentionGradient(context, { q, k }).name !== "scores";
}

/** The gradients from what the forward pass has kept, without scores, in f32. */
export function attentionGradientByTiles(
  context: GpuContext,
  out: GradientOut,
  from: GradientFromKept,
  { scale }: Options,
): void {
  const spec = { headDim: from.q.shape[3]! };
  const { y, logSumExp } = from.kept;
  const delta = attentionDeltas(context, from.dy, y);
  runAttentionGradient(context, out, from, {
    scale,
    perQuery: [
      { view: viewOf(logSumExp), width: 1 },
      { view: delta, width: 1 },
    ],
    ofQueries: generated(
      "attention_gradient_queries",
      spec,
      () => attentionGradientOfQueriesWgsl(spec),
    ),
    ofKeys: generated(
      "attention_gradient_keys",
      spec,
      () => attentionGradientOfKeysWgsl(spec),
    ),
    rows: ATTENTION_BLOCK,
  });
  context.release(delta.storage);
}
