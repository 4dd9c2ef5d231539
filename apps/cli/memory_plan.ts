import {
  editWork,
  generateWork,
  type MemoryPlan,
  type PlanMemoryOptions,
} from "@edit-transfer/plan";
import { readImageSize, type Size } from "@edit-transfer/image";
import type { Conditions } from "@edit-transfer/pipeline";
import { formatBytes, print, table, warn } from "@edit-transfer/terminal";
import type { Seed } from "@edit-transfer/transfer";
import type { ModelFlags } from "./flags.ts";

/** What a verb will do with a model, to be planned for. */
export type MemoryTask = Pick<
  PlanMemoryOptions,
  "work" | "smaller" | "keepTextEncoders"
>;

/** What decides the memory of a run. */
interface RunSize {
  readonly seeds: readonly Seed[];
  readonly previewDir: string | undefined;
}

/** Shares of a side that are proposed where the whole does not fit. */
const SHARES = [3 / 4, 1 / 2, 3 / 8, 1 / 4, 1 / 8];

/** The work of an edit, and of smaller ones. */
export function editMemory(
  { panelSize, seeds, previewDir, ...options }: RunSize & {
    readonly panelSize: number | undefined;
    /** Pictures whose ratio panels have; undefined where they are squares. */
    readonly queries?: readonly Size[] | undefined;
    /** Extents of panels, where an edit file has them. */
    readonly panel?: Size | undefined;
    readonly strength: number;
    readonly lock: boolean;
    readonly rank: boolean;
    readonly conditions: Conditions | undefined;
  },
): MemoryTask {
  const previews = previewDir !== undefined;
  const task = (panelSize: number | undefined) =>
    editWork({ ...options, panelSize, seeds: seeds.length, previews });
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
  { size, seeds, previewDir }: RunSize & {
    readonly size:
      | { readonly width: number; readonly height: number }
      | undefined;
  },
): MemoryTask {
  const previews = previewDir !== undefined;
  const task = (size: { width: number; height: number } | undefined) =>
    generateWork({ ...size, seeds: seeds.length, previews });
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

/** Ratios of pictures that are not known. */
const USUAL: readonly Size[] = [[1, 1], [3, 2], [4, 3], [16, 9], [3, 1]]
  .flatMap(([a, b]) => [
    { width: a!, height: b! },
    { width: b!, height: a! },
  ]);

/** Ratio from which no panels may match a picture, so that it is refused or cropped. */
const LONGEST = 32;

/** Extents of pictures; those that cannot be read are left out, and told later. */
export async function sizesOf(
  paths: readonly (string | undefined)[],
): Promise<Size[]> {
  const sizes: Size[] = [];
  for (const path of paths) {
    const size = path && await readImageSize(path).catch(() => undefined);
    if (!size) continue;
    const { width, height } = size;
    if (Math.max(width / height, height / width) < LONGEST) sizes.push(size);
  }
  return sizes;
}

/** The work of a batch, whose widest panels are so wide, with the model kept. */
export function batchMemory(
  panelSizes: readonly (number | undefined)[],
  conditions: Conditions | undefined,
  queries: readonly Size[] = USUAL,
): MemoryTask {
  const given = panelSizes.filter((size) => size !== undefined);
  const other = panelSizes.includes(undefined) || given.length === 0;
  return {
    keepTextEncoders: true,
    async work(pipeline) {
      const own = other ? pipeline.panelSize : 0;
      const job = editWork({
        panelSize: Math.max(own, ...given),
        queries: queries.length === 0 ? undefined : queries,
        conditions,
      });
      await job(pipeline);
      return await job(pipeline);
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

/** Writes a plan to the output. */
export function printPlan(
  plan: MemoryPlan,
  { json, quiet }: Pick<ModelFlags, "json" | "quiet">,
): void {
  if (quiet !== true) {
    for (const notice of plan.notices) warn(`notice: ${notice}`);
  }
  print(json === true ? JSON.stringify({ plan }) : describePlan(plan));
}

/** What lives where, as a table for people. */
function describePlan(plan: MemoryPlan): string {
  const rows = plan.phases.map((phase) => {
    const { name, weightBytes, blockBytes, peakBytes } = phase;
    return [
      name,
      formatBytes(weightBytes),
      blockBytes > 0 ? formatBytes(blockBytes) : "-",
      formatBytes(peakBytes - weightBytes - blockBytes),
      formatBytes(peakBytes),
    ];
  });
  const head = ["phase", "weights", "a block", "activations", "peak"];
  const { heldBytes, maxBytes, device } = plan;
  const limit = maxBytes === undefined ? "" : ` of ${formatBytes(maxBytes)}`;
  return [
    table([head, ...rows]),
    "",
    `device: ${device}, ${
      formatBytes(heldBytes)
    }${limit} with rounding and idle buffers`,
    residency(plan),
  ].join("\n");
}

/** How many blocks stay, and what that costs. */
export function residency({ resident, blocks, readBytes }: MemoryPlan): string {
  if (resident === undefined) return `blocks: all ${blocks} stay on the device`;
  const stay = resident.filter(Boolean).length;
  return `blocks: ${stay} of ${blocks} stay on the device, ${
    formatBytes(readBytes)
  } are read in each step; one part of the model at a time`;
}
