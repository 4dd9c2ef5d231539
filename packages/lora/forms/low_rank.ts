import { takeRows, widened } from "../_matrix.ts";
import type { LoraMatrix, LowRankUpdate } from "../lora_file.ts";
import type { Form } from "./form.ts";

/** Low rank: `ΔW = scaling · B A`. */
export const lowRank: Form<LowRankUpdate> = {
  name: "LoRA",
  shape: ({ A, B }) => [B.shape[0], A.shape[1]],
  rows: (update, rows) => ({ ...update, B: takeRows(update.B, rows) }),
  rank: ({ A }) => A.shape[0],
  factors: ({ A, B, scaling }) => ({ A, B, scaling }),
  dense: ({ A, B, scaling }) => product(B, A, scaling),
  matrices: ({ A, B }) => [A, B],
};

/** `scaling · B A`, summed in float64. */
export function product(
  B: LoraMatrix,
  A: LoraMatrix,
  scaling = 1,
): Float32Array<ArrayBuffer> {
  const [a, b] = [widened(A).data, widened(B).data];
  const [out, rank, into] = [B.shape[0], A.shape[0], A.shape[1]];
  const values = new Float32Array(out * into);
  const row = new Float64Array(into);
  for (let o = 0; o < out; o++) {
    row.fill(0);
    for (let r = 0; r < rank; r++) {
      const factor = b[o * rank + r]!;
      if (factor === 0) continue;
      for (let i = 0; i < into; i++) row[i]! += factor * a[r * into + i]!;
    }
    for (let i = 0; i < into; i++) values[o * into + i] = scaling * row[i]!;
  }
  return values;
}
