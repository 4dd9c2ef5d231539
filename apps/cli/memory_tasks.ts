import { editWork, generateWork } from "@edit-transfer/plan";
import type { MemoryTask } from "./memory_plan.ts";
import type { EditPlan } from "./plan_edit.ts";
import type { GeneratePlan } from "./plan_generate.ts";
import type { ModelFlags } from "./flags.ts";

/** Shares of a side that are proposed where the whole does not fit. */
const SHARES = [3 / 4, 1 / 2, 3 / 8, 1 / 4, 1 / 8];

/** The work of an edit, and of smaller ones. */
export function editMemory(
  { panelSize, seeds }: Pick<EditPlan, "panelSize" | "seeds">,
  { previewDir }: Pick<ModelFlags, "previewDir">,
): MemoryTask {
  const task = (panelSize: number | undefined) =>
    editWork({
      panelSize,
      seeds: seeds.length,
      previews: previewDir !== undefined,
    });
  return {
    work: task(panelSize),
    smaller: (model) =>
      SHARES.flatMap((share) => {
        const size = shrunk(panelSize ?? model.panelSize, share, model);
        if (size === 0) return [];
        return [{ name: `--panel-size ${size}`, work: task(size) }];
      }),
  };
}

/** The work of making pictures from text, and of smaller ones. */
export function generateMemory(
  { size, seeds }: Pick<GeneratePlan, "size" | "seeds">,
  { previewDir }: Pick<ModelFlags, "previewDir">,
): MemoryTask {
  const task = (size: GeneratePlan["size"]) =>
    generateWork({
      ...size,
      seeds: seeds.length,
      previews: previewDir !== undefined,
    });
  return {
    work: task(size),
    smaller: (model) =>
      SHARES.flatMap((share) => {
        const own = 2 * model.panelSize;
        const width = shrunk(size?.width ?? own, share, model);
        const height = shrunk(size?.height ?? own, share, model);
        if (width * height === 0) return [];
        const work = task({ width, height });
        return [{ name: `--size ${width}x${height}`, work }];
      }),
  };
}

/** The work of a batch, whose widest panels are so wide, with the model kept. */
export function batchMemory(
  panelSizes: readonly (number | undefined)[],
): MemoryTask {
  const given = panelSizes.filter((size) => size !== undefined);
  const other = panelSizes.includes(undefined) || given.length === 0;
  return {
    keepTextEncoders: true,
    async work(pipeline) {
      const own = other ? pipeline.panelSize : 0;
      const job = editWork({ panelSize: Math.max(own, ...given) });
      for (let repeat = 0; repeat < 2; repeat++) await job(pipeline);
    },
  };
}

/** A share of a side, in whole tokens. */
function shrunk(
  side: number,
  share: number,
  { tokenSize }: { readonly tokenSize: number },
): number {
  return Math.floor(side * share / tokenSize) * tokenSize;
}
