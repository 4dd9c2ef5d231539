import type { GpuContext } from "../../webgpu/context.ts";
import { generated } from "../../webgpu/variant.ts";
import {
  attentionMatrixGradientOfKeysWgsl,
  attentionMatrixGradientOfQueriesWgsl,
} from "../wgsl/matrix_gradient.ts";
import { attentionMatrixRows } from "../wgsl/matrix_layout.ts";
import type { AttentionMatrices } from "./choice.ts";
import { scaledQueries } from "./gradient_rows.ts";
import {
  type GradientFromKept,
  type GradientOut,
  runAttentionGradient,
} from "./run_gradient.ts";

/**
 * The gradients from what the forward pass has kept, without scores, on matrix
 * units.
 */
export function attentionGradientByMatrices(
  context: GpuContext,
  out: GradientOut,
  from: GradientFromKept,
  { scale, matrices }: { scale: number; matrices: AttentionMatrices },
): void {
  const spec = { headDim: from.q.shape[3]!, ...matrices };
  const view = scaledQueries(context, from, matrices.type);
  runAttentionGradient(context, out, from, {
    scale,
    perQuery: [{ view, width: 4 }],
    ofQueries: generated(
      "attention_gradient_queries_matrix",
      spec,
      () => attentionMatrixGradientOfQueriesWgsl(spec),
    ),
    ofKeys: generated(
      "attention_gradient_keys_matrix",
      spec,
      () => attentionMatrixGradientOfKeysWgsl(spec),
    ),
    rows: attentionMatrixRows(spec),
    side: spec.size,
  });
  context.release(view.storage);
}
