import {
  type MemoryPlan,
  planMemory,
  type PlanMemoryOptions,
} from "@edit-transfer/plan";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ModelChoice } from "./model_choice.ts";
import type { ModelFlags } from "./flags.ts";
import { formatBytes, print, table } from "@edit-transfer/terminal";

/** What a command will do with a model, to be planned for. */
export type MemoryTask = Pick<
  PlanMemoryOptions,
  "work" | "smaller" | "keepTextEncoders"
>;

/** Bytes of weight files from which on the cpu may not hold all. */
const LARGE = 2 ** 29;

/**
 * Plans the memory of a run where it is asked for, or where the model may be
 * more than the cpu's tensors can take.
 */
export async function planRun(
  task: MemoryTask,
  { choice, device, flags }: {
    readonly choice: ModelChoice;
    readonly device: PlanMemoryOptions["device"];
    readonly flags: Pick<ModelFlags, "maxVram" | "dryRun">;
  },
): Promise<MemoryPlan | undefined> {
  const { maxVram: maxBytes, dryRun } = flags;
  if (maxBytes === undefined && dryRun !== true) {
    if (device === "webgpu") return undefined;
    if (await weightBytes(choice.model.path) < LARGE) return undefined;
  }
  return await planMemory(choice.model.path, {
    ...task,
    device,
    maxBytes,
    loras: choice.loras,
  });
}

/** Bytes of the weight files of a model, or of the one that is named. */
async function weightBytes(path: string): Promise<number> {
  const found = await stat(path);
  if (!found.isDirectory()) return found.size;
  let bytes = 0;
  for (const folder of [path, join(path, "transformer")]) {
    for (const name of await readdir(folder).catch(() => [])) {
      if (!/\.(safetensors|gguf)$/i.test(name)) continue;
      const file = await stat(join(folder, name)).catch(() => undefined);
      bytes += file?.size ?? 0; // of a broken link, which loading tells
    }
  }
  return bytes;
}

/** Writes a plan to the output. */
export function printPlan(
  plan: MemoryPlan,
  { json }: Pick<ModelFlags, "json">,
): void {
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
