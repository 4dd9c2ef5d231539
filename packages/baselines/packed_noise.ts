import { latentNoise } from "@edit-transfer/flow";
import type { Task } from "./task.ts";

/**
 * Noise of a task's seed as diffusers draws it, tokens `[I, 4c]`: over latents,
 * rounded to bf16, not standardised.
 */
export function packedNoise({ parts: { layout }, seed }: Task): Float32Array {
  const noise = latentNoise(seed, layout.shape, { standardize: false });
  return layout.compose([], { noise }).noise;
}
