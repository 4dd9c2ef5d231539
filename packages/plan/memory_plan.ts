import { QUANTIZED_AS, quantizedOutline } from "@edit-transfer/convert";
import { type OpenedModel, openModel } from "@edit-transfer/pipeline";
import { DeviceError } from "@edit-transfer/tensor";
import { type DryRun, dryRun, type MemoryPhase } from "./dry_run.ts";
import type { PlanMemoryOptions } from "./plan_options.ts";

/** What will live where. */
export interface MemoryPlan {
  /** Name of the device. */
  readonly device: string;
  /** Bytes that may be taken from it, if there is a limit that matters. */
  readonly maxBytes: number | undefined;
  /** Stages in order. */
  readonly phases: readonly MemoryPhase[];
  /** Most bytes of tensors and of the scratch memory of kernels. */
  readonly peakBytes: number;
  /** Most bytes taken from the device: with rounding, gaps and idle buffers. */
  readonly heldBytes: number;
  /** Number of blocks of the transformer. */
  readonly blocks: number;
  /** Blocks that stay on the device, for `loadPipeline`; undefined for all. */
  readonly resident: readonly boolean[] | undefined;
  /** Bytes of weights that are read in each step. */
  readonly readBytes: number;
  /** Facts that a user should know, e.g. of a size that the model was not made for. */
  readonly notices: readonly string[];
}

/** Thrown when work does not fit, however little stays on the device. */
export class MemoryPlanError extends DeviceError {
  /** Always `"MemoryPlanError"`. */
  override readonly name = "MemoryPlanError";
  /** What the work takes when all blocks are loaded in each step. */
  readonly plan: MemoryPlan;

  /**
   * Makes the message from the least that is needed.
   *
   * @param plan Plan with nothing that stays.
   * @param proposals What would fit.
   */
  constructor(plan: MemoryPlan, proposals: readonly string[]) {
    const phase = plan.phases.reduce((a, b) =>
      b.peakBytes > a.peakBytes ? b : a
    );
    super(
      `Cannot fit "${phase.name}" into ${
        megabytes(plan.maxBytes!)
      } of ${plan.device} as it takes ${
        megabytes(plan.heldBytes)
      } with one part of the model and one block at a time: use ${
        proposals.join(", or ")
      }`,
    );
    this.plan = plan;
  }
}

/**
 * Plans what lives on the device, before anything is allocated.
 *
 * The work is run, by the code that will do it, on a device that has the
 * allocator and kernels of the real one but no memory, see `openDryDevice`. If
 * it takes more than `maxBytes`, one part of the model is there at a time, and
 * of the transformer as many blocks as there is room for, evenly spread; the
 * others are loaded in each step.
 *
 * @param path Model folder or file, see {@linkcode openModelFolder}.
 * @param options See {@linkcode PlanMemoryOptions}.
 * @returns The plan.
 *
 * @throws {MemoryPlanError} If it cannot fit, with what could.
 * @throws {FormatError} If a file is malformed or of another architecture.
 *
 * @example Usage
 * ```ts
 * import { editWork, planMemory } from "@edit-transfer/plan";
 * import assert from "node:assert/strict";
 *
 * const plan = await planMemory("models/micro", {
 *   device: "cpu",
 *   maxBytes: 2 ** 30,
 *   work: editWork({ panelSize: 64 }),
 * });
 * assert.equal(plan.resident, undefined); // everything stays
 * assert.deepEqual(
 *   plan.phases.map(({ name }) => name),
 *   ["text", "encode", "denoise", "decode"],
 * );
 * ```
 */
export async function planMemory(
  path: string,
  options: PlanMemoryOptions,
): Promise<MemoryPlan> {
  const model = await openModel(path, options.loras);
  await using _ = model.folder;
  return await planOpened(model, options);
}

/** Share of what a device can hold that a plan counts on: reading varies by 1 %. */
const USABLE = 0.97;

/** Plans for a model that is open. */
export async function planOpened(
  model: OpenedModel,
  options: PlanMemoryOptions,
): Promise<MemoryPlan> {
  const whole = await dryRun(model, options);
  const { maxBytes: asked = Infinity } = options;
  const maxBytes = Math.min(asked, USABLE * whole.capacityBytes);
  const limited = Number.isFinite(maxBytes)
    ? { ...options, maxBytes }
    : options;
  const run = (resident: readonly boolean[]) =>
    dryRun(model, { ...limited, resident });
  const planned = (run: DryRun, resident?: readonly boolean[]): MemoryPlan => ({
    device: run.device,
    maxBytes: resident === undefined ? options.maxBytes : maxBytes,
    phases: run.phases,
    peakBytes: Math.max(...run.phases.map(({ peakBytes }) => peakBytes)),
    heldBytes: run.heldBytes,
    blocks: run.blockBytes.length,
    resident,
    readBytes: run.blockBytes.reduce(
      (sum, bytes, i) => resident?.[i] === false ? sum + bytes : sum,
      0,
    ),
    notices: run.notices,
  });
  const fits = (plan: MemoryPlan) => plan.heldBytes <= maxBytes;
  const all = planned(whole);
  if (fits(all)) return all;

  const stay = async (resident: readonly boolean[]) =>
    planned(await run(resident), resident);
  const none = await stay(spread(0, all.blocks));
  if (!fits(none)) {
    throw new MemoryPlanError(none, await proposals(model, none, limited));
  }
  const best = await mostThatFits(none, { stay, maxBytes });
  const more = await stay(filled(best, maxBytes, whole.blockBytes));
  return fits(more) ? more : best;
}

/** The plan with the most blocks that stay, evenly spread, found by secants. */
async function mostThatFits(
  none: MemoryPlan,
  { stay, maxBytes }: {
    readonly stay: (resident: readonly boolean[]) => Promise<MemoryPlan>;
    readonly maxBytes: number;
  },
): Promise<MemoryPlan> {
  const taken = ({ phases }: MemoryPlan) =>
    phases.find(({ name }) => name === "denoise")!.peakBytes;
  let best = none;
  let [low, high] = [0, none.blocks]; // stay, and do not
  let bytesEach = none.readBytes / none.blocks;
  while (high - low > 1) {
    const more = Math.floor((maxBytes - taken(best)) / bytesEach);
    const count = Math.min(Math.max(low + more, low + 1), high - 1);
    const plan = await stay(spread(count, none.blocks));
    bytesEach = Math.max((taken(plan) - taken(best)) / (count - low), 1);
    if (plan.heldBytes <= maxBytes) [low, best] = [count, plan];
    else high = count;
  }
  return best;
}

/** Which blocks stay if `count` of them do: evenly spread. */
export function spread(count: number, blocks: number): boolean[] {
  return Array.from(
    { length: blocks },
    (_, i) =>
      Math.floor((i + 1) * count / blocks) > Math.floor(i * count / blocks),
  );
}

/** The blocks that stay, and of the others as many small ones as there is room for. */
function filled(
  { resident, heldBytes }: MemoryPlan,
  maxBytes: number,
  blockBytes: readonly number[],
): boolean[] {
  const filled = [...resident!];
  const bySize = [...blockBytes.entries()].sort(([, a], [, b]) => a - b);
  let room = maxBytes - heldBytes;
  for (const [i, bytes] of bySize) {
    if (filled[i] || bytes > room) continue;
    filled[i] = true;
    room -= bytes;
  }
  return filled;
}

/** What would make the work fit. */
async function proposals(
  model: OpenedModel,
  none: MemoryPlan,
  options: PlanMemoryOptions,
): Promise<string[]> {
  const found = [`at least ${megabytes(none.heldBytes)}`];
  const { sampleSize, downscale } = model.folder.vae.config;
  const sizes = { panelSize: sampleSize / 2, tokenSize: 2 * downscale };
  const { resident } = none;
  for (const { name, work } of options.smaller?.(sizes) ?? []) {
    const { heldBytes } = await dryRun(model, { ...options, work, resident });
    if (heldBytes > options.maxBytes!) continue;
    found.push(`${name}, which takes ${megabytes(heldBytes)}`);
    break;
  }
  for (const bits of [8, 4] as const) {
    const smaller = quantizedOutline(model, QUANTIZED_AS[bits]);
    const { heldBytes } = await dryRun(smaller, { ...options, resident });
    if (heldBytes > options.maxBytes!) continue;
    found.push(
      `weights of "convert --quantize ${bits}", which take ${
        megabytes(heldBytes)
      }`,
    );
    break;
  }
  return found;
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)}MB`;
}
