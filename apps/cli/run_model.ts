import { atomicWrite } from "@edit-transfer/files";
import { encodePng, type Image } from "@edit-transfer/image";
import {
  type DenoiseStep,
  loadPipeline,
  type Pipeline,
} from "@edit-transfer/pipeline";
import type { Device } from "@edit-transfer/tensor";
import {
  type MemoryTask,
  planRun,
  printPlan,
  residency,
} from "./memory_plan.ts";
import {
  checkModel,
  checkWeights,
  hashModel,
  type ModelChoice,
} from "./model_choice.ts";
import { openOrRefuse } from "./open_device.ts";
import { checkOutput, makePreviewFolder, outputNames } from "./output.ts";
import type { ModelFlags } from "./flags.ts";
import type { Context } from "./verb.ts";
import { print, Progress } from "@edit-transfer/terminal";
import {
  type EditRecord,
  type GenerateRecord,
  PROGRAM,
  recordText,
  type RunFacts,
} from "./record.ts";
import { runSteps } from "./run_steps.ts";
import { textCacheOf } from "./text_cache.ts";

/** What both kinds of run settle before any model work. */
export interface RunPlan {
  /** Model and LoRAs. */
  readonly choice: ModelChoice;
  /** Seeds, one picture each. */
  readonly seeds: readonly number[];
  /** Where to run. */
  readonly device: "auto" | "webgpu" | "cpu";
  /** Output file. */
  readonly output: string;
  /** Pictures that are read, which no output may replace. */
  readonly inputPaths: readonly string[];
  /** The earlier run that is repeated, if any. */
  readonly earlier: EditRecord | GenerateRecord | undefined;
}

/** A run whose text and pictures are encoded: what all seeds share. */
export interface PreparedRun extends Disposable {
  /** Caption in full. */
  readonly prompt: string;
  /** What the user should know. */
  readonly notices: readonly string[];
  /** Milliseconds of each stage so far. */
  readonly timings: Readonly<Record<string, number>>;
  /** Begins the run for a seed. */
  run(seed: number): AsyncGenerator<DenoiseStep<Image>, {
    readonly image: Image;
    readonly notices: readonly string[];
    readonly timings: Readonly<Record<string, number>>;
  }>;
  /** What decides the pixels of an output. */
  record(
    seed: number,
    options: { readonly facts: RunFacts; readonly image: Image },
  ): EditRecord | GenerateRecord;
  /** Picture of all four panels, if it is asked for. */
  grid?: ((image: Image) => Image) | undefined;
}

/** A command that runs a model. */
export interface ModelTask {
  /** Word in front of the progress bar. */
  readonly name: string;
  /** See {@linkcode RunPlan}. */
  readonly plan: RunPlan;
  /** Flags that say how to report. */
  readonly flags: ModelFlags;
  /** What decides its memory. */
  readonly memory: MemoryTask;
  /** Encodes what all seeds share. */
  prepare(pipeline: Pipeline): Promise<PreparedRun>;
}

/** One picture that was written. */
interface Written {
  readonly path: string;
  readonly grid?: string;
  readonly seed: number;
  readonly milliseconds: Readonly<Record<string, number>>;
}

/** Runs a task for all its seeds, writes the pictures, and reports them. */
export async function runModel(
  { name, plan, flags, memory, prepare }: ModelTask,
  { signal }: Context,
): Promise<void> {
  const progress = new Progress({ quiet: flags.quiet });

  // 1. everything that can be refused without a model
  const names = outputNames(plan.output, plan.seeds);
  for (const seed of plan.seeds) {
    await checkOutput(names.image(seed), { inputs: plan.inputPaths });
    if (flags.saveGrid !== true) continue;
    await checkOutput(names.grid(seed), { inputs: plan.inputPaths });
  }
  await checkModel(plan.choice);
  const memoryPlan = await planRun(memory, { ...plan, flags });
  if (memoryPlan !== undefined && flags.dryRun === true) {
    return printPlan(memoryPlan, flags);
  }
  const hashes = await hashModel(plan.choice);
  if (plan.earlier !== undefined) checkWeights(hashes, plan.earlier);

  const { previewDir } = flags;
  if (previewDir !== undefined) await makePreviewFolder(previewDir);

  // 2. device, model, and what all seeds share
  using cleanup = new DisposableStack();
  cleanup.defer(() => progress.end());
  progress.status(`${name}: opening the model`);
  const device = await openOrRefuse(plan.device, { maxBytes: flags.maxVram });
  cleanup.defer(() => device.destroy());
  await using pipeline = await loadPipeline(plan.choice.model.path, {
    device,
    loras: plan.choice.loras,
    textCache: textCacheOf(flags),
    resident: memoryPlan?.resident,
  });
  signal.throwIfAborted();
  progress.status(`${name}: encoding the inputs`);
  using prepared = await prepare(pipeline);
  signal.throwIfAborted();
  progress.status(`${name}: loading the transformer`);
  const start = performance.now();
  await pipeline.transformer();
  const load = performance.now() - start;

  // 3. a picture for each seed
  const facts = {
    program: PROGRAM,
    ...hashes,
    device: { kind: device.kind, name: device.name },
  };
  const notices = new Set(prepared.notices);
  if (memoryPlan?.resident !== undefined) notices.add(residency(memoryPlan));
  const written: Written[] = [];
  for (const seed of plan.seeds) {
    const result = await runSteps(prepared.run(seed), {
      progress,
      label: plan.seeds.length > 1 ? `${name}, seed ${seed}` : name,
      preview: previewDir === undefined
        ? undefined
        : (step) => names.preview(previewDir, seed, step),
    });
    for (const notice of result.notices) notices.add(notice);
    const { image } = result;
    const text = recordText(prepared.record(seed, { facts, image }), image);
    const path = names.image(seed);
    await atomicWrite(path, await encodePng(image, { text }));
    const grid = prepared.grid === undefined ? {} : { grid: names.grid(seed) };
    if (grid.grid !== undefined) {
      const png = await encodePng(prepared.grid!(image), { text });
      await atomicWrite(grid.grid, png);
    }
    const milliseconds = { ...result.timings, load, ...prepared.timings };
    written.push({ path, ...grid, seed, milliseconds });
  }
  report({
    flags,
    progress,
    device,
    prompt: prepared.prompt,
    notices,
    written,
  });
}

/** Tells the user what came of a run: notices aside, pictures on the output. */
function report({ flags, progress, device, prompt, notices, written }: {
  readonly flags: ModelFlags;
  readonly progress: Progress;
  readonly device: Device;
  readonly prompt: string;
  readonly notices: ReadonlySet<string>;
  readonly written: readonly Written[];
}): void {
  for (const notice of notices) progress.note(`notice: ${notice}`);
  if (flags.verbose === true) {
    progress.note(`device: ${device.name}`);
    for (const { seed, milliseconds } of written) {
      const stages = Object.entries(milliseconds)
        .map(([stage, ms]) => `${stage} ${(ms / 1000).toFixed(2)} s`);
      progress.note(`seed ${seed}: ${stages.join(", ")}`);
    }
  }
  if (flags.json === true) {
    const json = {
      images: written,
      prompt,
      device: { kind: device.kind, name: device.name },
      peakBytes: device.memory.peakBytes,
      notices: [...notices],
    };
    return print(JSON.stringify(json));
  }
  for (const { path, grid } of written) {
    print(path);
    if (grid !== undefined) print(grid);
  }
}
