import type { Tensor } from "@edit-transfer/tensor";

/** What attends in a block: after norm, LoRA and rotation, heads first. */
export interface AttentionHeads {
  /** Queries, `[B, H, L, D]`. */
  readonly q: Tensor;
  /** Keys, `[B, H, Lk, D]`. */
  readonly k: Tensor;
  /** Values, `[B, H, Lk, D]`. */
  readonly v: Tensor;
}

/**
 * The one place where queries, keys and values of a block can be read or
 * replaced before they attend: rows are text, then image tokens, in the order
 * of their positions; before them come keys and values of kept tokens.
 *
 * It gives what attends, `[B, H, L, D]` and twice `[B, H, Lk, D]`; tensors that
 * it makes are freed with those of the block. Blocks are counted from 0, double
 * ones first. What a step is, its caller knows, as it gives a seam for each.
 */
export type AttentionSeam = (
  heads: AttentionHeads,
  block: number,
) => AttentionHeads;

/** An {@linkcode AttentionSeam} in one block. */
export type BlockSeam = (heads: AttentionHeads) => AttentionHeads;
