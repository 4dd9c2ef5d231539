import { concat, scope, slice, type Tensor } from "@edit-transfer/tensor";

/** Which tokens' rows are shared. */
export type SharedRows = "image" | "all";

/**
 * Queries, keys or values of which the first picture's stand in the place of the
 * others': of image tokens, or of all, `[B, H, L, D]`.
 */
export function shareFirst(
  x: Tensor,
  { rows, textTokens }: {
    readonly rows: SharedRows;
    readonly textTokens: number;
  },
): Tensor {
  const B = x.shape[0]!;
  return scope(() => {
    const first = slice(x, 0, { end: 1 }); // [1, H, L, D]
    if (rows === "all") return concat(Array(B).fill(first), 0);
    const image = slice(first, 2, { start: textTokens }); // [1, H, I, D]
    const text = slice(x, 2, { end: textTokens }); // [B, H, T, D]
    return concat([text, concat(Array(B).fill(image), 0)], 2); // [B, H, L, D]
  });
}
