import {
  cast,
  concat,
  type DType,
  scope,
  type Tensor,
} from "@edit-transfer/tensor";
import type { AttentionHeads } from "./attention_seam.ts";

/** Keys and values of tokens in one block, `[1 | B, H, L, D]`. */
export type KeysValues = Pick<AttentionHeads, "k" | "v">;

/**
 * Keys and values of tokens in every block, after norm, LoRA and rotation: all
 * that later tokens need of them.
 */
export class KeptTokens implements Disposable {
  /** Keys and values of each block, double ones first. */
  readonly blocks: readonly KeysValues[];

  /**
   * Takes keys and values over.
   *
   * @param blocks Of each block, `[1 | B, H, L, D]`, f32 or 16 bits.
   */
  constructor(blocks: readonly KeysValues[]) {
    this.blocks = blocks;
  }

  /** Number of tokens, L. */
  get tokens(): number {
    return this.blocks[0]!.k.shape[2]!;
  }

  /** Frees them. */
  [Symbol.dispose](): void {
    for (const { k, v } of this.blocks) {
      k.dispose();
      v.dispose();
    }
  }
}

/** Keys and values of some groups as they are kept, as one. */
export function keptAs(
  groups: readonly KeysValues[],
  dtype: DType,
): KeysValues {
  const kept = (part: "k" | "v") =>
    scope(() => {
      const parts = groups.map((group) => group[part]);
      return cast(parts.length === 1 ? parts[0]! : concat(parts, 2), dtype);
    }); // [B, H, L, D]
  return { k: kept("k"), v: kept("v") };
}

/** Heads whose queries attend to earlier keys too, which a batch may share. */
export function withEarlier(
  { q, k, v }: AttentionHeads,
  earlier: readonly KeysValues[],
): AttentionHeads {
  if (earlier.length === 0) return { q, k, v };
  const [B] = q.shape;
  const joined = (own: Tensor, part: "k" | "v") =>
    scope(() => {
      const before = earlier.map((kept) => {
        const x = kept[part];
        const wide = x.dtype === "f32" ? x : cast(x, "f32");
        return wide.shape[0] === B ? wide : concat(Array(B).fill(wide), 0);
      });
      return concat([...before, own], 2); // [B, H, Lk, D]
    });
  return { q, k: joined(k, "k"), v: joined(v, "v") };
}
