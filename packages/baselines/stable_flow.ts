import { affine, concat, slice, type Tensor } from "@edit-transfer/tensor";
import { LIMITS } from "@edit-transfer/files/limits";
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
import { shareFirst } from "./share_rows.ts";
import type { Task } from "./task.ts";
import { knownVitalBlocks } from "./vital_blocks.ts";
import type { Walk } from "./walk.ts";

const OPTIONS = {
  steps: steps(50),
  guidance: guidance(3, "guidance scale of the answer's caption"),
  blocks: blocks(
    "vital blocks; those of FLUX.1 and of the embedded model are known",
  ),
  nudge: number(1.15, [0, LIMITS.guidance[1]], "factor of the query's latents"),
  reference: choice(
    "released",
    ["released", "matched"],
    "level of the query that a step sees: as its program picks it, or the step's own",
  ),
  ...CAPTIONS,
};

/** Stable Flow: keys and values of the query's image rows in the vital blocks. */
export const STABLE_FLOW = defineMethod({
  name: "stable-flow",
  title: "Stable Flow",
  source: "snap-research/stable-flow@c99ac0e, run_stable_flow.py",
  options: OPTIONS,
  drawsNoise: false,
  prepare(pipeline, inputs, options) {
    const vital = options.blocks ??
      knownVitalBlocks(pipeline.folder.transformer.config);
    return preparePicture(pipeline, inputs, {
      options,
      run: (task) => stableFlow(task, { ...options, blocks: vital }),
    });
  },
});

/**
 * Latents of the answer, in a walk that is the caller's: the query, nudged, is
 * inverted with guidance 1, then denoised with the words beside its own levels;
 * in vital blocks it takes keys and values of image tokens from them.
 */
export async function stableFlow(
  task: Task,
  options:
    & Omit<OptionsOf<typeof OPTIONS>, "source" | "target" | "blocks">
    & { readonly blocks: readonly number[] },
): Promise<Walk> {
  const { steps, guidance, blocks, nudge, reference } = options;
  const { source, target } = task.parts;
  const { textTokens } = task;
  const sigmas = task.sigmas(steps);
  const query = { caption: source, guidance: 1 };
  const velocity = task.velocity(query, { caption: target, guidance });
  using made = new DisposableStack();
  const walk = task.walk(affine(task.clean, nudge, 0), 2 * steps);
  return await walk.through(async () => {
    const levels = await invert(task, walk, { sigmas, told: query, made });
    let beside: Tensor = levels[0]!; // [1, I, 4c]
    for (let i = 0; i < steps; i++) {
      const [from, to] = [sigmas[i]!, sigmas[i + 1]!];
      using pair = concat([beside, walk.x], 0); // [2, I, 4c]
      using v = await velocity(pair, from, {
        seam: ({ q, k, v }, block) => {
          if (!blocks.includes(block)) return { q, k, v };
          const share = (x: Tensor) =>
            shareFirst(x, { rows: "image", textTokens });
          return { q, k: share(k), v: share(v) }; // [2, H, L, D]
        },
      }); // [2, I, 4c]
      await walk.step(slice(v, 0, { start: 1 }), { from, to });
      // the program picks the level before the step's, and nearly 0 after the first
      const next = reference === "matched"
        ? i + 1
        : i === 0
        ? steps - 1
        : i - 1;
      beside = levels[next] ?? task.clean;
    }
  });
}
