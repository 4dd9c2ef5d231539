import type { Metric } from "@edit-transfer/metrics";
import type { Image } from "@edit-transfer/image";

/** What the metrics of CLIP look at besides an output; no answer is needed. */
export interface ClipCase {
  /** Picture that was edited. */
  readonly query: Image;
  /** Words of the edit, e.g. `"raising arms"`. */
  readonly words: string;
  /** Example before its edit. */
  readonly before: Image;
  /** Example after its edit. */
  readonly after: Image;
}

/** A metric of CLIP: one number an output, their mean for a set. */
export type ClipMetric = Metric<number, ClipCase>;

/** Mean of scores; NaN of none. */
export function meanOf(scores: readonly number[]): number {
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}
