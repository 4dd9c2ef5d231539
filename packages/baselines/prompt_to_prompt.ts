import { affine, concat, slice, type Tensor } from "@edit-transfer/tensor";
import { invert } from "./invert.ts";
import { defineMethod } from "./method.ts";
import {
  blocks,
  CAPTIONS,
  choice,
  guidance,
  number,
  type OptionsOf,
  steps,
} from "./method_options.ts";
import { preparePicture } from "./prepare_picture.ts";
import { type SharedRows, shareFirst } from "./share_rows.ts";
import type { Task } from "./task.ts";
import type { Walk } from "./walk.ts";

const OPTIONS = {
  steps: steps(28),
  tau: number(
    0.4,
    [0, 1],
    "share of the steps that take the query's attention",
  ),
  guidance: guidance(3.5, "guidance scale of the answer's caption"),
  blocks: blocks("blocks that take it; all by default"),
  rows: choice<SharedRows>(
    "image",
    ["image", "all"],
    "whose queries and keys are taken: of image tokens, or of the text's too",
  ),
  ...CAPTIONS,
};

/** Prompt-to-Prompt on the transformer: the query's queries and keys at first. */
export const PROMPT_TO_PROMPT = defineMethod({
  name: "p2p",
  title: "Prompt-to-Prompt",
  source:
    "arXiv 2208.01626 in the form of arXiv 2508.07519; no program released",
  options: OPTIONS,
  drawsNoise: false,
  prepare: (pipeline, inputs, options) =>
    preparePicture(pipeline, inputs, {
      options,
      run: (task) => promptToPrompt(task, options),
    }),
});

/**
 * Latents of the answer, in a walk that is the caller's: the query is inverted
 * with guidance 1, then denoised with the words beside its own levels; in the
 * first `tau` of the steps it takes their queries and keys.
 */
export async function promptToPrompt(
  task: Task,
  options: Omit<OptionsOf<typeof OPTIONS>, "source" | "target">,
): Promise<Walk> {
  const { steps, tau, guidance, blocks, rows } = options;
  const { source, target } = task.parts;
  const { textTokens } = task;
  const sigmas = task.sigmas(steps);
  const query = { caption: source, guidance: 1 };
  const told = { caption: target, guidance };
  const both = task.velocity(query, told);
  const alone = task.velocity(told);
  using made = new DisposableStack();
  const walk = task.walk(affine(task.clean, 1, 0), 2 * steps);
  return await walk.through(async () => {
    const levels = await invert(task, walk, { sigmas, told: query, made });
    for (let i = 0; i < steps; i++) {
      const [from, to] = [sigmas[i]!, sigmas[i + 1]!];
      if (i >= tau * steps) {
        await walk.step(await alone(walk.x, from), { from, to });
        continue;
      }
      using pair = concat([levels[i]!, walk.x], 0); // [2, I, 4c]
      using v = await both(pair, from, {
        seam: ({ q, k, v }, block) => {
          if (blocks?.includes(block) === false) return { q, k, v };
          const share = (x: Tensor) => shareFirst(x, { rows, textTokens });
          return { q: share(q), k: share(k), v }; // [2, H, L, D]
        },
      }); // [2, I, 4c]
      await walk.step(slice(v, 0, { start: 1 }), { from, to });
    }
  });
}
