import { SeededRandom } from "@edit-transfer/dataset";
import {
  type EditScore,
  type EditSummary,
  summarizeScores,
} from "@edit-transfer/metrics";

/** Times that cases are drawn again for the error of the gain. */
const RESAMPLES = 1000;

/** Measures of a set, and how far its gain would vary with other cases. */
export interface Summary extends EditSummary {
  /** Standard error of the gain: its deviation over bootstrap samples of the cases. */
  readonly gainError: number;
}

/** Measures of scores; undefined of none. */
export function summaryOf(scores: readonly EditScore[]): Summary | undefined {
  if (scores.length === 0) return undefined;
  const random = new SeededRandom(scores.length);
  const gains = Array.from({ length: RESAMPLES }, () =>
    summarizeScores(
      scores.map(() => scores[Math.floor(random.uniform() * scores.length)]!),
    ).gain);
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / RESAMPLES;
  const variance = gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) /
    RESAMPLES;
  return { ...summarizeScores(scores), gainError: Math.sqrt(variance) };
}
