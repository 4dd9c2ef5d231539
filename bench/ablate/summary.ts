import { SeededRandom } from "@edit-transfer/dataset";
import { type EditScore, gain, keep, win } from "@edit-transfer/metrics";

/** Times that cases are drawn again for the error of the gain. */
const RESAMPLES = 1000;

/** Measures of a set, and how far its gain would vary with other cases. */
export interface Summary {
  /** Number of cases. */
  readonly cases: number;
  /** Edit gain. */
  readonly gain: number;
  /** Fidelity outside the changed regions, in dB. */
  readonly keep: number;
  /** Share of cases nearer to the answer than the query is. */
  readonly win: number;
  /** Standard error of the gain: its deviation over bootstrap samples of the cases. */
  readonly gainError: number;
}

/** Measures of scores; undefined of none. */
export function summaryOf(scores: readonly EditScore[]): Summary | undefined {
  if (scores.length === 0) return undefined;
  const random = new SeededRandom(scores.length);
  const gains = Array.from({ length: RESAMPLES }, () =>
    gain.summarize(
      scores.map(() => scores[Math.floor(random.uniform() * scores.length)]!),
    ));
  const mean = gains.reduce((sum, one) => sum + one, 0) / RESAMPLES;
  const variance = gains.reduce((sum, one) => sum + (one - mean) ** 2, 0) /
    RESAMPLES;
  return {
    cases: scores.length,
    gain: gain.summarize(scores),
    keep: keep.summarize(scores),
    win: win.summarize(scores),
    gainError: Math.sqrt(variance),
  };
}
