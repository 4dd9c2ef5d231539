import {
  attentionMatrixGradientOfKeysWgsl,
  attentionMatrixGradientOfQueriesWgsl,
  attentionMatrixRows,
} from "@edit-transfer/kernels";
import type { AttentionMatrices } from "./attention.ts";
import {
  type GradientFromKept,
  type GradientOut,
  runAttentionGradient,
} from "./attention_gradient.ts";
import { scaledQueries } from "./attention_gradient_rows.ts";
import type { GpuContext } from "./context.ts";
import { generated } from "./variant.ts";

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
  const view = scaledQueries(context, from);
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
