import type { Image } from "@edit-transfer/image";

/** What the metrics of CLIP look at besides an output; no answer is needed. */
export interface ClipCase {
  /** Words of the edit, e.g. `"raising arms"`. */
  readonly words: string;
  /** Example before its edit. */
  readonly before: Image;
  /** Example after its edit. */
  readonly after: Image;
  /** Picture that was edited. */
  readonly query: Image;
}

/** A metric of CLIP: one number an output, their mean for a set. */
export interface ClipMetric {
  /** Name in reports, e.g. `"clip-t"`. */
  readonly name: string;
  /** Value of a perfect output. */
  readonly best: number;
  /** Decimals in reports. */
  readonly digits: number;
  /** Score of one output. */
  score(output: Image, known: ClipCase): Promise<number>;
  /** Mean of scores; NaN of none. */
  summarize(scores: readonly number[]): number;
}

/** Mean of scores; NaN of none. */
export function meanOf(scores: readonly number[]): number {
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}
