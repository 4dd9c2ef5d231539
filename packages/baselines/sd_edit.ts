import { packedNoise } from "./packed_noise.ts";
import { defineMethod } from "./method.ts";
import {
  CAPTIONS,
  guidance,
  number,
  type OptionsOf,
  steps,
} from "./method_options.ts";
import { noised } from "./noised.ts";
import { preparePicture } from "./prepare_picture.ts";
import type { Task } from "./task.ts";
import type { Walk } from "./walk.ts";

const OPTIONS = {
  steps: steps(28),
  strength: number(0.6, [0, 1], "share of the steps that are run"),
  guidance: guidance(7, "guidance scale"),
  ...CAPTIONS,
};

/** SDEdit: the query is noised part of the way, then denoised with the words. */
export const SD_EDIT = defineMethod({
  name: "sdedit",
  title: "SDEdit",
  source: "huggingface/diffusers@v0.42.1, pipeline_flux_img2img.py",
  options: OPTIONS,
  drawsNoise: true,
  prepare: (pipeline, inputs, options) =>
    preparePicture(pipeline, inputs, {
      options,
      run: (task) => sdEdit(task, options),
    }),
});

/** Step at which a run of some strength begins. */
export function firstStep(steps: number, strength: number): number {
  return Math.floor(Math.max(steps - Math.min(steps * strength, steps), 0));
}

/** Latents of the answer, in a walk that is the caller's. */
export async function sdEdit(
  task: Task,
  options: Pick<
    OptionsOf<typeof OPTIONS>,
    "steps" | "strength" | "guidance"
  >,
  noise: Float32Array = packedNoise(task),
): Promise<Walk> {
  const { steps, strength, guidance } = options;
  const first = firstStep(steps, strength);
  if (first === steps) {
    throw new RangeError(
      `Cannot run sdedit as a step at least must be run: got ${steps} steps of strength ${strength}`,
    );
  }
  const sigmas = task.sigmas(steps);
  const velocity = task.velocity({ caption: task.parts.target, guidance });
  using epsilon = task.tokens(noise); // [1, I, 4c]
  const walk = task.walk(
    noised(task.clean, epsilon, sigmas[first]!),
    steps - first,
  );
  return await walk.through(async () => {
    for (let i = first; i < steps; i++) {
      const [from, to] = [sigmas[i]!, sigmas[i + 1]!];
      await walk.step(await velocity(walk.x, from), { from, to });
    }
  });
}
