import type { AttentionSeam } from "@edit-transfer/dit";
import { LIMITS } from "@edit-transfer/files/limits";
import type { OpenVelocity } from "@edit-transfer/pipeline";
import {
  affine,
  concat,
  keep,
  scope,
  slice,
  Tensor,
} from "@edit-transfer/tensor";
import { eulerStep } from "@edit-transfer/flow";
import { defineMethod } from "./method.ts";
import {
  CAPTIONS,
  choice,
  guidance,
  integer,
  type OptionsOf,
  place,
  steps,
} from "./method_options.ts";
import { preparePicture } from "./prepare_picture.ts";
import type { SharedRows } from "./share_rows.ts";
import type { Task } from "./task.ts";
import { valuesOf, type Walk } from "./walk.ts";

const OPTIONS = {
  steps: steps(25),
  guidance: guidance(2, "guidance scale of the answer's caption"),
  inject: integer(
    5,
    [0, LIMITS.steps[1]],
    "first steps that take the query's values",
  ),
  firstBlock: place(
    "first single block that takes them; 20 of FLUX.1's 38, of others as far down",
  ),
  level: choice(
    "released",
    ["released", "matched"],
    "level of the values that a step begins with: the lower end of its interval, as its program labels them, or the step's own",
  ),
  rows: choice<SharedRows>(
    "all",
    ["all", "image"],
    "whose values are taken: of all tokens, or of the image's",
  ),
  ...CAPTIONS,
};

/** First single block whose values are taken, of FLUX.1's. */
const FIRST_OF = { block: 20, blocks: 38 };

/** RF-Solver-Edit: inversion by the midpoint rule, and the query's values at first. */
export const RF_SOLVER_EDIT = defineMethod({
  name: "rf-solver-edit",
  title: "RF-Solver-Edit",
  source:
    "wangjiangshan0725/RF-Solver-Edit@3388e29, FLUX_Image_Edit/src/flux/sampling.py",
  options: OPTIONS,
  drawsNoise: false,
  prepare: (pipeline, inputs, options) =>
    preparePicture(pipeline, inputs, {
      options,
      run: (task) => rfSolverEdit(task, options),
    }),
});

/** Values by block, `[1, H, L, D]` each, in host memory. */
type BlockValues = ReadonlyMap<number, HostValues>;

/** Values of a block in host memory. */
interface HostValues {
  readonly shape: readonly number[];
  readonly values: Float32Array<ArrayBuffer>;
}

/** Values of an interval: where it begins on the way up, and in its middle. */
interface IntervalValues {
  readonly end: BlockValues | undefined;
  readonly middle: BlockValues | undefined;
}

/**
 * Latents of the answer, in a walk that is the caller's. A step from σ to σ', up
 * or down: `m = x + (σ' − σ)/2 · v(x, σ)`, `x += (σ' − σ) v(m, (σ + σ')/2)`, which
 * is the program's second-order Taylor step.
 */
export async function rfSolverEdit(
  task: Task,
  options: Omit<OptionsOf<typeof OPTIONS>, "source" | "target">,
): Promise<Walk> {
  const { steps, guidance, inject, level } = options;
  const { config, source, target } = task.parts;
  const { numLayers, numSingleLayers } = config;
  const { block, blocks } = FIRST_OF;
  const { firstBlock = Math.round(block * numSingleLayers / blocks) } = options;
  const first = numLayers + firstBlock;
  const sigmas = task.sigmas(steps);
  const up = task.velocity({ caption: source, guidance: 1 });
  const down = task.velocity({ caption: target, guidance });
  const intervals: IntervalValues[] = [];
  const walk = task.walk(affine(task.clean, 1, 0), 2 * steps);

  /** Velocity, with values taken from elsewhere where there are any. */
  const taking = async (
    x: Tensor,
    sigma: number,
    values: BlockValues | undefined,
  ) =>
    await down(x, sigma, {
      seam: values && takingValues(values, { ...options, task }),
    });
  return await walk.through(async () => {
    // 1. up to noise, with the values of the last intervals kept
    for (let i = steps - 1; i >= 0; i--) {
      const [from, to] = [sigmas[i + 1]!, sigmas[i]!];
      const keeps = i < inject ? first : undefined;
      const end = await keeping(up, { x: walk.x, sigma: from, first: keeps });
      using m = halfWay(walk.x, end.v, from, to);
      const middle = await keeping(up, {
        x: m,
        sigma: from + (to - from) / 2,
        first: keeps,
      });
      if (keeps !== undefined) {
        intervals[i] = { end: end.values, middle: middle.values };
      }
      await walk.step(middle.v, { from, to });
    }
    let top: BlockValues | undefined;
    if (level === "matched" && inject > 0) {
      const seen = await keeping(up, { x: walk.x, sigma: sigmas[0]!, first });
      seen.v.dispose();
      top = seen.values;
    }

    // 2. down to the answer
    for (let i = 0; i < steps; i++) {
      const [from, to] = [sigmas[i]!, sigmas[i + 1]!];
      const { end, middle } = intervals[i] ?? {};
      const own = i === 0 ? top : intervals[i - 1]?.end;
      const values = level === "released" ? end : i < inject ? own : undefined;
      const v = await taking(walk.x, from, values);
      using m = halfWay(walk.x, v, from, to);
      const v2 = await taking(m, from + (to - from) / 2, middle);
      await walk.step(v2, { from, to });
    }
  });
}

/** Half an Euler step, `[1, I, 4c]`; the velocity is freed. */
function halfWay(x: Tensor, v: Tensor, from: number, to: number): Tensor {
  using velocity = v;
  return eulerStep(x, velocity, from, from + (to - from) / 2);
}

/** A velocity, and the values of blocks from `first` on, if there is one. */
async function keeping(
  velocity: OpenVelocity,
  { x, sigma, first }: {
    readonly x: Tensor;
    readonly sigma: number;
    readonly first: number | undefined;
  },
): Promise<{ v: Tensor; values: BlockValues | undefined }> {
  if (first === undefined) {
    return { v: await velocity(x, sigma), values: undefined };
  }
  using seen = new DisposableStack();
  const kept: [block: number, v: Tensor][] = [];
  const velocityThere = await velocity(x, sigma, {
    seam(heads, block) {
      if (block >= first) kept.push([block, seen.use(keep(heads.v))]);
      return heads;
    },
  });
  const values = new Map<number, HostValues>();
  for (const [block, v] of kept) {
    values.set(block, { shape: v.shape, values: await valuesOf(v) });
  }
  return { v: velocityThere, values };
}

/** A seam that puts values in the place of a block's own. */
function takingValues(
  values: BlockValues,
  { rows, task }: { readonly rows: SharedRows; readonly task: Task },
): AttentionSeam {
  return ({ q, k, v }, block) => {
    const kept = values.get(block);
    if (kept === undefined) return { q, k, v };
    const { device } = task.parts;
    return scope(() => {
      const taken = Tensor.from(device, kept.values, { shape: kept.shape });
      if (rows === "all") return { q, k, v: taken }; // [1, H, L, D]
      const T = task.textTokens;
      return {
        q,
        k,
        v: concat([slice(v, 2, { end: T }), slice(taken, 2, { start: T })], 2),
      }; // [1, H, L, D]
    });
  };
}
