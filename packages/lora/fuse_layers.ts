import { assemble, isSame, scaled, widened } from "./_matrix.ts";
import type { LoraMatrix, LowRankUpdate } from "./lora_file.ts";
import { isBlockSparse } from "./split_fused.ts";

/** A layer's update, or undefined if the layer has none. */
type Part = LowRankUpdate | undefined;

/**
 * Puts the updates of layers together whose outputs one module holds; the
 * inverse of {@linkcode splitUpdate}.
 *
 * Layers that share A keep it. Otherwise the matrices A lie above each other,
 * B is block-sparse, and lower ranks are filled up with zeros.
 */
export function fuseLayers(
  parts: readonly Part[],
  widths: readonly number[],
): LowRankUpdate {
  const present = parts.filter((part) => part !== undefined);
  const [first] = present as [LowRankUpdate];
  if (parts.length === 1) return first;
  const into = first.A.shape[1];
  const rows = widths.reduce((sum, width) => sum + width, 0);
  const starts = widths.map((_, i) =>
    widths.slice(0, i).reduce((sum, width) => sum + width, 0)
  );
  const sameType = present.every(({ A, B }) =>
    A.dtype === first.A.dtype && B.dtype === first.A.dtype
  );
  const typed = (matrix: LoraMatrix) => sameType ? matrix : widened(matrix);

  if (present.length === parts.length && present.every(isShared)) {
    const B = assemble(
      [rows, first.A.shape[0]],
      parts.map((part, i) => ({
        matrix: typed(part!.B),
        row: starts[i]!,
        column: 0,
      })),
    );
    const fused = { ...first, A: typed(first.A), B };
    if (!isBlockSparse(fused, widths)) return fused;
  }

  const rank = Math.max(...present.map(({ A }) => A.shape[0]));
  const same = present.every(({ scaling }) => scaling === first.scaling);
  const pieces = parts.flatMap((part, i) => {
    if (part === undefined) return [];
    const B = same ? typed(part.B) : scaled(widened(part.B), part.scaling);
    const A = same ? typed(part.A) : widened(part.A);
    return [{ A, B, rank: i * rank, row: starts[i]! }];
  });
  const all = rank * parts.length;
  const alpha = same ? all * first.alpha / first.A.shape[0] : all;
  return {
    kind: "lowRank",
    A: assemble(
      [all, into],
      pieces.map(({ A, rank }) => ({ matrix: A, row: rank, column: 0 })),
    ),
    B: assemble(
      [rows, all],
      pieces.map(({ B, rank, row }) => ({ matrix: B, row, column: rank })),
    ),
    alpha,
    scaling: same ? first.scaling : 1,
  };

  function isShared({ A, scaling }: LowRankUpdate): boolean {
    return scaling === first.scaling && isSame(A, first.A);
  }
}
