import { keep, type Tensor } from "@edit-transfer/tensor";

/** What the transformer is told about a prompt. */
export interface TextConditioning extends Disposable {
  /** CLIP's vector, `[1, C]`. */
  readonly pooled: Tensor;
  /** T5's states, `[1, T, C]`. */
  readonly states: Tensor;
  /** What a user should know, e.g. that the prompt was cut. */
  readonly notices: readonly string[];
}

/** Conditioning that owns its tensors. */
export function conditioning(
  pooled: Tensor,
  states: Tensor,
  notices: readonly string[],
): TextConditioning {
  return {
    pooled: keep(pooled),
    states: keep(states),
    notices,
    [Symbol.dispose]() {
      pooled.dispose();
      states.dispose();
    },
  };
}
