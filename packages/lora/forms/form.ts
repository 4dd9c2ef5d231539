import type { LayerUpdate, LoraMatrix, Rows } from "../lora_file.ts";

/** Two factors of a difference: `ΔW = scaling · B A`. */
export interface Factors {
  readonly A: LoraMatrix;
  readonly B: LoraMatrix;
  readonly scaling: number;
}

/** What can be done with the weight of a kind of update. */
export interface Form<Update extends LayerUpdate> {
  /** What people call it. */
  readonly name: string;
  /** `[out, in]` of the layer, `[n]` of a norm; in is NaN where any will do. */
  shape(update: Update): readonly number[];
  /** The update of some rows of the output; extras are not touched. */
  rows(update: Update, rows: Rows): Update;
  /** Rank of {@linkcode Form.factors}; absent if there are none. */
  rank(update: Update): number | undefined;
  /** ΔW as two factors. */
  factors?(update: Update): Factors;
  /** ΔW, `[out, in]` row by row. */
  dense(update: Update): Float32Array<ArrayBuffer>;
  /** Matrices that the file has. */
  matrices(update: Update): readonly LoraMatrix[];
}
