import type { EditScore } from "./edit_score.ts";

/** Sum of one part over all scores. */
export function sumOf(
  scores: readonly EditScore[],
  part: keyof EditScore,
): number {
  return scores.reduce((total, score) => total + score[part], 0);
}
