import type { AnsweredCase } from "@edit-transfer/evaluate";
import type { Image } from "@edit-transfer/image";
import { type EditScore, scoreEdit } from "@edit-transfer/metrics";
import { type Pipeline, prepareEdit } from "@edit-transfer/pipeline";

/** Outputs for cases and their scores. */
export interface Outcome {
  readonly outputs: readonly Image[];
  readonly scores: readonly EditScore[];
}

/** Edits all cases, the seed of each its index, and scores the outputs. */
export async function editCases(
  pipeline: Pipeline,
  cases: readonly AnsweredCase[],
  { template, steps }: { readonly template: string; readonly steps: number },
): Promise<Outcome> {
  const outputs: Image[] = [];
  const scores: EditScore[] = [];
  for (const [seed, one] of cases.entries()) {
    using prepared = await prepareEdit(pipeline, {
      ...one,
      prompt: template.replaceAll("{edit}", () => one.words),
    });
    const { image } = await prepared.run({ seed, steps });
    outputs.push(image);
    scores.push(scoreEdit(image, one));
  }
  return { outputs, scores };
}
