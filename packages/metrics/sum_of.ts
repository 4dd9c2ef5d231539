import type { EditScore } from "./edit_score.ts";

/** Sum of one part over all scores. */
export function sumOf(
  scores: readonly EditScore[],
  part: keyof EditScore,
): number {
  let total = 0;
  for (const score of scores) total += score[part];
  return total;
}
