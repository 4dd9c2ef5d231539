import {
  add,
  affine,
  concat,
  scope,
  slice,
  sub,
  type Tensor,
} from "@edit-transfer/tensor";
import { defineMethod } from "./method.ts";
import { LIMITS } from "@edit-transfer/files/limits";
import {
  CAPTIONS,
  guidance,
  integer,
  type OptionsOf,
  steps,
} from "./method_options.ts";
import { noised } from "./noised.ts";
import { preparePicture } from "./prepare_picture.ts";
import type { Task } from "./task.ts";
import type { Walk } from "./walk.ts";

const OPTIONS = {
  steps: steps(28),
  nMax: integer(24, LIMITS.steps, "last steps in which the picture moves"),
  nMin: integer(0, [0, LIMITS.steps[1]], "last steps that denoise instead"),
  nAvg: integer(1, [1, 1024], "noises that a step is the mean of"),
  sourceGuidance: guidance(1.5, "guidance scale of the query's caption"),
  guidance: guidance(5.5, "guidance scale of the answer's caption"),
  ...CAPTIONS,
};

/** FlowEdit: the picture itself moves, by the difference of two velocities. */
export const FLOW_EDIT = defineMethod({
  name: "flowedit",
  title: "FlowEdit",
  source: "fallenshock/FlowEdit@457f402, FlowEdit_utils.py",
  options: OPTIONS,
  drawsNoise: true,
  prepare: (pipeline, inputs, options) =>
    preparePicture(pipeline, inputs, {
      options,
      run: (task) => flowEdit(task, options),
    }),
});

/**
 * Latents of the answer, in a walk that is the caller's: for the last `nMax`
 * steps, with noise ε of their own, `zₛ = (1 − σ) z + σ ε`, `zₜ = x + zₛ − z`,
 * `x += (σ' − σ) (v(zₜ, target) − v(zₛ, source))`; of them, the last `nMin`
 * denoise `zₜ` itself.
 */
export async function flowEdit(
  task: Task,
  options: Omit<OptionsOf<typeof OPTIONS>, "source" | "target">,
): Promise<Walk> {
  const { steps, nMax, nMin, nAvg, sourceGuidance, guidance } = options;
  if (nMin > Math.min(nMax, steps)) {
    throw new RangeError(
      `Cannot run flowedit as nMin must be at most nMax and steps: got nMin ${nMin}, nMax ${nMax} and ${steps} steps`,
    );
  }
  const { source, target } = task.parts;
  const sigmas = task.sigmas(steps);
  const first = Math.max(steps - nMax, 0);
  const last = steps - nMin;
  const told = { caption: target, guidance };
  const both = task.velocity(
    { caption: source, guidance: sourceGuidance },
    told,
  );
  const one = task.velocity(told);
  using noises = new DisposableStack();
  const drawn = task.tokenNoise((last - first) * nAvg + Number(nMin > 0))
    .map((noise) => noises.use(noise));
  /** `zₜ` beside `zₛ`, or alone. */
  const beside = (x: Tensor, sigma: number) => {
    const noise = drawn.shift()!;
    return scope(() => {
      const zSource = noised(task.clean, noise, sigma); // [1, I, 4c]
      const zTarget = add(x, sub(zSource, task.clean)); // [1, I, 4c]
      return { zTarget, pair: concat([zSource, zTarget], 0) }; // [2, I, 4c]
    });
  };

  using start = scope(() => affine(task.clean, 1, 0));
  const walk = task.walk(concat([start], 0), steps - first); // [1, I, 4c]
  return await walk.through(async () => {
    for (let i = first; i < last; i++) {
      const [from, to] = [sigmas[i]!, sigmas[i + 1]!];
      let sum: Tensor | undefined;
      for (let k = 0; k < nAvg; k++) {
        const { zTarget, pair } = beside(walk.x, from);
        zTarget.dispose();
        using z = pair;
        using v = await both(z, from); // [2, I, 4c]
        using before = sum;
        sum = scope(() => {
          const moved = sub(
            slice(v, 0, { start: 1 }),
            slice(v, 0, { end: 1 }),
          );
          const share = affine(moved, 1 / nAvg, 0); // [1, I, 4c]
          return before === undefined ? share : add(before, share);
        });
      }
      await walk.step(sum!, { from, to });
    }
    for (let i = last; i < steps; i++) {
      const [from, to] = [sigmas[i]!, sigmas[i + 1]!];
      if (i === last) {
        const { zTarget, pair } = beside(walk.x, from);
        pair.dispose();
        walk.goOn(zTarget);
      }
      await walk.step(await one(walk.x, from), { from, to });
    }
  });
}
