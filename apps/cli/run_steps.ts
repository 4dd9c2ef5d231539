import { atomicWrite } from "@edit-transfer/files";
import { encodePng, type Image } from "@edit-transfer/image";
import type { DenoiseStep } from "@edit-transfer/pipeline";
import type { Progress } from "@edit-transfer/terminal";

/** Options of {@linkcode runSteps}. */
export interface RunStepsOptions {
  /** Where progress goes. */
  readonly progress: Progress;
  /** Words in front of the bar. */
  readonly label: string;
  /** Path of the preview after a step, if previews are written. */
  readonly preview?: ((step: number) => string) | undefined;
}

/** Runs all steps of an edit or of a generation, reporting each. */
export async function runSteps<Result>(
  run: AsyncGenerator<DenoiseStep<Image>, Result>,
  { progress, label, preview }: RunStepsOptions,
): Promise<Result> {
  progress.start();
  try {
    let turn = await run.next();
    while (turn.done !== true) {
      const { step, steps } = turn.value;
      progress.step(step, steps, { label });
      if (preview !== undefined) {
        const image = await turn.value.preview();
        await atomicWrite(preview(step), await encodePng(image));
      }
      turn = await run.next();
    }
    return turn.value;
  } finally {
    progress.end();
    await run.return(undefined as never); // frees what a broken run still holds
  }
}
