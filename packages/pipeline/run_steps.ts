import type { Tensor } from "@edit-transfer/tensor";
import type { DenoiseStep } from "./denoise.ts";

/** Runs all steps, each reported to `onStep`, and returns the last latents. */
export async function runSteps<Picture>(
  run: AsyncGenerator<DenoiseStep<Picture>, Tensor>,
  onStep: ((step: DenoiseStep<Picture>) => unknown) | undefined,
): Promise<Tensor> {
  try {
    while (true) {
      const { done, value } = await run.next();
      if (done) return value;
      await onStep?.(value);
    }
  } finally {
    await run.return(undefined as never); // frees what a broken run still holds
  }
}
