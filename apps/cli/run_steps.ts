import { atomicWrite } from "@edit-transfer/files";
import { encodePng, type Image } from "@edit-transfer/image";
import type { DenoiseStep } from "@edit-transfer/pipeline";
import type { Progress } from "./progress.ts";

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
  run: (onStep: (step: DenoiseStep<Image>) => Promise<void>) => Promise<Result>,
  { progress, label, preview }: RunStepsOptions,
): Promise<Result> {
  progress.start();
  try {
    return await run(async ({ step, steps, preview: decode }) => {
      progress.step(step, steps, label);
      if (preview === undefined) return;
      await atomicWrite(preview(step), await encodePng(await decode()));
    });
  } finally {
    progress.end();
  }
}
