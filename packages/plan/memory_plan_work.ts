import { blankImage, matchSize, type Size } from "@edit-transfer/image";
import {
  type Conditions,
  generate,
  type GenerateOptions,
  prepareEdit,
  seedsAtOnce,
} from "@edit-transfer/pipeline";
import type { PlannedWork } from "./plan_options.ts";

/** Steps until what kernels keep from a second use on is there at first. */
const STEPS = 3;

/** What decides the memory of a run. */
export interface WorkOptions {
  /**
   * Seeds, one picture each.
   *
   * @default {1}
   */
  readonly seeds?: number | undefined;
  /**
   * Whether a picture is made after each step.
   *
   * @default {false}
   */
  readonly previews?: boolean | undefined;
}

/**
 * The work of an edit, for {@linkcode planMemory}.
 *
 * @param options Side of a square panel in pixels, by default the model's, the
 * pictures whose ratio panels have, strength of the edit, whether it is locked, whether seeds are ranked, and more.
 * @returns The work.
 *
 * @example Usage
 * ```ts
 * import { editWork } from "@edit-transfer/plan";
 * import assert from "node:assert/strict";
 *
 * const work = editWork({ panelSize: 512, previews: true });
 * assert.equal(typeof work, "function");
 * ```
 */
export function editWork(
  options: WorkOptions & {
    readonly panelSize?: number | undefined;
    /** Pictures whose ratio panels have; square by default. */
    readonly queries?: readonly Size[] | undefined;
    /** Extents of panels; the largest that follow from the queries by default. */
    readonly panel?: Size | undefined;
    /** How answers see text and given panels; the pipeline's by default. */
    readonly conditions?: Conditions | undefined;
    readonly strength?: number | undefined;
    readonly lock?: boolean | undefined;
    readonly rank?: boolean | undefined;
  },
): PlannedWork {
  return async (pipeline) => {
    const { panelSize = pipeline.panelSize, strength, lock, rank } = options;
    const { queries = [{ width: 1, height: 1 }] } = options;
    const { tokenSize: multiple } = pipeline;
    const panels = queries.map((query) =>
      matchSize(query, { side: panelSize, multiple })
    );
    const {
      panel = panels.reduce((a, b) =>
        b.width * b.height > a.width * a.height ? b : a
      ),
    } = options;
    const image = blankImage(panel.width, panel.height);
    using prepared = await prepareEdit(pipeline, {
      before: image,
      after: image,
      query: image,
      panelSize,
      panel,
    });
    const { conditions = pipeline.defaults.conditions } = options;
    const { seeds = 1, previews = false } = options;
    // two batches take what any take
    const most = 2 * seedsAtOnce(prepared.layout, conditions);
    const results = await prepared.runSeeds([
      ...Array(Math.min(seeds, most)).keys(),
    ], {
      conditions,
      steps: STEPS,
      strength,
      lock,
      onStep: (step) => previews && step.preview(),
    });
    if (rank === true) await prepared.rank(results);
    return prepared.notices;
  };
}

/**
 * The work of making a picture from text, for {@linkcode planMemory}.
 *
 * @param options Size in pixels, by default the model's, and more.
 * @returns The work.
 *
 * @example Usage
 * ```ts
 * import { generateWork } from "@edit-transfer/plan";
 * import assert from "node:assert/strict";
 *
 * const work = generateWork({ width: 1024, height: 768 });
 * assert.equal(typeof work, "function");
 * ```
 */
export function generateWork(
  options: WorkOptions & {
    readonly width?: number | undefined;
    readonly height?: number | undefined;
  },
): PlannedWork {
  return async (pipeline) => {
    using prompt = await pipeline.encodeText("");
    const { width, height } = options;
    const { notices } = await runSeeds(
      options,
      (run) =>
        generate(pipeline, { ...run, prompt, steps: STEPS, width, height }),
    );
    return notices;
  };
}

/** Runs a picture, or two where there are more; these take what any takes. */
async function runSeeds<Result>(
  { seeds = 1, previews = false }: WorkOptions,
  run: (options: Pick<GenerateOptions, "seed" | "onStep">) => Promise<Result>,
): Promise<Result> {
  const onStep: GenerateOptions["onStep"] = (step) =>
    previews && step.preview();
  const first = await run({ seed: 0, onStep });
  return seeds > 1 ? await run({ seed: 1, onStep }) : first;
}
