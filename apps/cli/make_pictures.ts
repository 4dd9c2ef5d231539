import { atomicWrite } from "@edit-transfer/files";
import { encodePng, type Image } from "@edit-transfer/image";
import { print, Progress } from "@edit-transfer/terminal";
import type { DenoiseStep, Model } from "@edit-transfer/transfer";
import type { ModelFlags } from "./flags.ts";
import type { MemoryTask } from "./memory_plan.ts";
import {
  checkModel,
  type EarlierRun,
  hashNamedModel,
  type ModelHashes,
  type NamedModel,
  openModel,
  planRun,
} from "./open_model.ts";
import { chooseOutputs, makeFolder } from "./output.ts";
import {
  type EditRecord,
  type GenerateRecord,
  nameInRecord,
  PROGRAM,
  recordText,
} from "./record.ts";
import type { Context } from "./verb.ts";

/** What both kinds of run settle before any model work. */
export interface RunPlan {
  /** Model and LoRAs. */
  readonly model: NamedModel;
  /** Seeds, one picture each. */
  readonly seeds: readonly number[];
  /** Euler steps; undefined for the model's own. */
  readonly steps: number | undefined;
  /** Undefined where nobody asked for one. */
  readonly guidance: number | undefined;
  /** Where to run. */
  readonly device: "auto" | "webgpu" | "cpu";
  /** Output file that the user names. */
  readonly output: string | undefined;
  /** Pictures that are read, which no output may replace. */
  readonly inputPaths: readonly string[];
  /** The earlier run that is repeated, if any. */
  readonly earlier: EarlierRun | undefined;
}

/** The part of a record that does not depend on the kind of run. */
export type RunFacts = Pick<
  EditRecord,
  "program" | "model" | "loras" | "device" | "pathsFrom"
>;

/** Called after each step. */
type OnStep = (step: DenoiseStep<Image>) => Promise<void>;

/** A run whose text and pictures are encoded: what all seeds share. */
interface PreparedRun extends Disposable {
  readonly prompt: string;
  readonly notices: readonly string[];
  /** Milliseconds of each stage so far. */
  readonly timings: Readonly<Record<string, number | undefined>>;
  /** Seeds that are run together. */
  readonly atOnce: number;
  /** Makes a picture for each seed. */
  run(seeds: readonly number[], onStep: OnStep): Promise<
    readonly {
      readonly image: Image;
      readonly notices: readonly string[];
      readonly timings: Readonly<Record<string, number | undefined>>;
    }[]
  >;
  /** What decides the pixels of an output. */
  record(made: {
    readonly seed: number;
    readonly facts: RunFacts;
    readonly image: Image;
    readonly output: string;
  }): EditRecord | GenerateRecord;
  /** Picture of all four panels, if it is asked for. */
  readonly grid?: ((image: Image) => Image) | undefined;
}

/** A verb that makes pictures. */
export interface PictureTask {
  /** Word in front of the progress bar. */
  readonly name: string;
  readonly plan: RunPlan;
  readonly flags: ModelFlags;
  /** Whether grids are written too. */
  readonly grids?: boolean | undefined;
  /** What decides its memory. */
  readonly memory: () => Promise<MemoryTask>;
  /** Encodes what all seeds share. */
  prepare(model: Model): Promise<PreparedRun>;
}

/** One picture that was written. */
interface Written {
  readonly path: string;
  readonly grid?: string | undefined;
  readonly seed: number;
  readonly milliseconds: Readonly<Record<string, number>>;
}

/** Runs a task for all its seeds, writes the pictures, and reports them. */
export async function makePictures(
  { name, plan, flags, grids, memory, prepare }: PictureTask,
  { signal }: Context,
): Promise<void> {
  const { seeds, device, model: named, earlier } = plan;
  const { previewDir } = flags;

  // 1. everything that can be refused without a model
  const outputs = await chooseOutputs({
    output: plan.output,
    seeds,
    grids,
    inputs: plan.inputPaths,
    force: flags.force,
  });
  const { names } = outputs;
  await checkModel(named);
  const memoryPlan = await planRun(memory, { model: named, device, flags });
  if (memoryPlan !== undefined && flags.dryRun === true) {
    const { printPlan } = await import("./memory_plan.ts");
    return printPlan(memoryPlan, flags);
  }
  const hashes = await hashNamedModel(named, earlier);
  if (previewDir !== undefined) await makeFolder(previewDir, "previews");

  // 2. the model, and what all seeds share
  const progress = new Progress({ quiet: flags.quiet });
  using cleanup = new DisposableStack();
  cleanup.defer(() => progress.end());
  progress.status(`${name}: opening the model`);
  await using model = await openModel(named, {
    device,
    plan: memoryPlan,
    flags,
  });
  signal.throwIfAborted();
  progress.status(`${name}: encoding the inputs`);
  using prepared = await prepare(model);
  signal.throwIfAborted();
  progress.status(`${name}: loading the transformer`);
  const start = performance.now();
  await model.pipeline.transformer();
  const load = performance.now() - start;

  // 3. a picture for each seed
  const notices = new Set([...outputs.notices, ...prepared.notices]);
  if (memoryPlan?.resident !== undefined) {
    const { residency } = await import("./memory_plan.ts");
    notices.add(residency(memoryPlan));
  }
  const written: Written[] = [];
  for (let i = 0; i < seeds.length; i += prepared.atOnce) {
    const together = seeds.slice(i, i + prepared.atOnce);
    const results = await runSteps(
      (onStep) => prepared.run(together, onStep),
      {
        progress,
        label: seeds.length > 1 ? `${name}, seed ${together.join(", ")}` : name,
        previews: previewDir === undefined
          ? undefined
          : together.map((seed) => (step) =>
            names.preview(previewDir, seed, step)
          ),
      },
    );
    for (const [index, { image, ...made }] of results.entries()) {
      const seed = together[index]!;
      for (const notice of made.notices) notices.add(notice);
      const path = names.image(seed);
      const facts = runFacts(named, { model, hashes, output: path, earlier });
      const record = prepared.record({ seed, facts, image, output: path });
      const text = recordText(record, image);
      await atomicWrite(path, await encodePng(image, { text }));
      const grid = prepared.grid && names.grid(seed);
      if (grid !== undefined) {
        const png = await encodePng(prepared.grid!(image), { text });
        await atomicWrite(grid, png);
      }
      const milliseconds = { ...made.timings, load, ...prepared.timings };
      written.push({ path, grid, seed, milliseconds });
    }
  }

  // 4. what came of it
  const { prompt } = prepared;
  report({ flags, progress, model, prompt, notices, written });
}

/** What a record says of program, model and device. */
export function runFacts(
  named: NamedModel,
  { model, hashes, output, earlier }: {
    readonly model: Model;
    readonly hashes: ModelHashes;
    readonly output: string;
    readonly earlier: EarlierRun | undefined;
  },
): RunFacts {
  const { kind, name } = model.device;
  return {
    program: PROGRAM,
    model: {
      path: nameInRecord(named, { output, earlier }),
      sha256: hashes.model,
    },
    loras: named.loras.map((lora, i) => ({
      path: nameInRecord(lora, { output, earlier }),
      scale: lora.scale,
      sha256: hashes.loras[i]!,
    })),
    device: { kind, name },
    pathsFrom: earlier === undefined ? "picture" : earlier.record.pathsFrom,
  };
}

/** Runs all steps of a picture, reporting each. */
export async function runSteps<Result>(
  run: (onStep: OnStep) => Promise<Result>,
  { progress, label, previews }: {
    readonly progress: Progress;
    /** Words in front of the bar. */
    readonly label: string;
    /** Path of the preview of each picture after a step, if any are written. */
    readonly previews?: readonly ((step: number) => string)[] | undefined;
  },
): Promise<Result> {
  progress.start();
  try {
    return await run(async ({ step, steps, preview }) => {
      progress.step(step, steps, { label });
      for (const [i, path] of previews?.entries() ?? []) {
        await atomicWrite(path(step), await encodePng(await preview(i)));
      }
    });
  } finally {
    progress.end();
  }
}

/** Tells the user what came of a run: notices aside, pictures on the output. */
function report({ flags, progress, model, prompt, notices, written }: {
  readonly flags: ModelFlags;
  readonly progress: Progress;
  readonly model: Model;
  readonly prompt: string;
  readonly notices: ReadonlySet<string>;
  readonly written: readonly Written[];
}): void {
  const { kind, name, memory } = model.device;
  for (const notice of notices) progress.note(`notice: ${notice}`);
  if (flags.verbose === true) {
    progress.note(`device: ${name}`);
    for (const { seed, milliseconds } of written) {
      const stages = Object.entries(milliseconds)
        .map(([stage, ms]) => `${stage} ${(ms / 1000).toFixed(2)} s`);
      progress.note(`seed ${seed}: ${stages.join(", ")}`);
    }
  }
  if (flags.json === true) {
    return print(JSON.stringify({
      images: written,
      prompt,
      device: { kind, name },
      peakBytes: memory.peakBytes,
      notices: [...notices],
    }));
  }
  for (const { path, grid } of written) {
    print(path);
    if (grid !== undefined) print(grid);
  }
}
