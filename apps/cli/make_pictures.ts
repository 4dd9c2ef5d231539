import { atomicWrite } from "@edit-transfer/files";
import { checkPngText, encodePng, type Image } from "@edit-transfer/image";
import { baseModelNotices, readEditDefaults } from "@edit-transfer/pipeline";
import { Progress, UsageError } from "@edit-transfer/terminal";
import type { DenoiseStep, Model, Seed } from "@edit-transfer/transfer";
import type { Best, SeedRank } from "./best_seeds.ts";
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
import {
  chooseOutputs,
  makeFolder,
  PREVIEW_TEXT,
  previewName,
} from "./output.ts";
import {
  type EditRecord,
  type GenerateRecord,
  nameInRecord,
  PROGRAM,
  recordText,
} from "./record.ts";
import { report, type Written } from "./report_pictures.ts";
import { STDOUT, writePicture } from "./write_picture.ts";
import { type SheetPicture, writeSheet } from "./write_sheet.ts";
import type { Context } from "./verb.ts";

/** What both kinds of run settle before any model work. */
export interface RunPlan {
  /** Model and LoRAs. */
  readonly model: NamedModel;
  /** Seeds, one picture each. */
  readonly seeds: readonly Seed[];
  /** How many outputs are kept, the best by rank; undefined for all. */
  readonly keepBest?: number | undefined;
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
  "program" | "model" | "loras" | "device" | "guidance" | "pathsFrom"
>;

/** Called after each step. */
type OnStep = (step: DenoiseStep<Image>) => Promise<void>;

/** What was made of a seed. */
interface Made {
  readonly image: Image;
  /** The answer of an edit as a panel. */
  readonly panel?: Image | undefined;
  readonly latents: Float32Array;
  /** How far it lies from what it edits, where that was measured. */
  readonly shift?: { readonly x: number; readonly y: number } | undefined;
  readonly notices: readonly string[];
  readonly timings: Readonly<Record<string, number | undefined>>;
}

/** A run whose text and pictures are encoded: what all seeds share. */
interface PreparedRun extends Disposable {
  readonly prompt: string;
  /** Guidance where nobody asked for one. */
  readonly guidance: number;
  readonly notices: readonly string[];
  /** Milliseconds of each stage so far. */
  readonly timings: Readonly<Record<string, number | undefined>>;
  /** Seeds that are run together. */
  readonly atOnce: number;
  /** Makes a picture for each seed. */
  run(seeds: readonly Seed[], onStep: OnStep): Promise<readonly Made[]>;
  /** Ranks what was made of several seeds. */
  rank?(results: readonly Made[]): Promise<readonly SeedRank[]>;
  /** What decides the pixels of an output. */
  record(made: {
    readonly seed: Seed;
    readonly facts: RunFacts;
    readonly image: Image;
    readonly output: string;
    readonly best: Best | undefined;
  }): EditRecord | GenerateRecord;
  /** Picture of all four panels, if it is asked for. */
  readonly grid?: ((made: Made) => Image) | undefined;
}

/** A verb that makes pictures. */
export interface PictureTask {
  /** Word in front of the progress bar. */
  readonly name: string;
  readonly plan: RunPlan;
  readonly flags: ModelFlags;
  /** Name of a picture in a folder, where there is one input. */
  readonly stem: string;
  /** Whether grids are written too. */
  readonly grids?: boolean | undefined;
  /** What decides its memory. */
  readonly memory: () => Promise<MemoryTask>;
  /**
   * What tells apart inputs that are run one after the other, each for all seeds.
   *
   * @default {one input, without a label}
   */
  readonly inputs?: readonly string[] | undefined;
  /** Loads what all inputs share. */
  share?(model: Model, hashes: ModelHashes): Promise<Disposable>;
  /** Encodes what all seeds of an input share. */
  prepare(
    model: Model,
    input: { readonly index: number; readonly hashes: ModelHashes },
  ): Promise<PreparedRun>;
}

/** What was made of a seed, with the seed. */
type SeedResult = Made & { readonly seed: Seed };

/** Runs a task for all its seeds, writes the pictures, and reports them. */
export async function makePictures(
  { name, plan, flags, stem, grids, memory, inputs = [""], ...task }:
    PictureTask,
  { signal }: Context,
): Promise<void> {
  const { seeds, keepBest, device, model: named, earlier } = plan;
  const { previewDir } = flags;
  // what tells the pictures of an input apart
  const marks = keepBest === undefined
    ? seeds.map((seed) => `seed_${seed}`)
    : Array.from({ length: keepBest }, (_, i) => `best_${i + 1}`);
  const labelOf = (input: string, mark: string) =>
    [
      ...input === "" ? [] : [input],
      ...marks.length > 1 || input === "" ? [mark] : [],
    ].join("_");

  // 1. everything that can be refused without a model
  if (plan.output === STDOUT && flags.json === true) {
    throw new UsageError(
      "Cannot write a picture and JSON to the standard output: got -o - and --json",
    );
  }
  const reads = [
    ...plan.inputPaths,
    named.path,
    ...named.loras.map(({ path }) => path),
  ];
  await using outputs = await chooseOutputs({
    output: plan.output,
    stem,
    named: inputs.length > 1,
    sidecar: flags.sidecar,
    labels: inputs.flatMap((input) =>
      marks.map((mark) => labelOf(input, mark))
    ),
    grids,
    sheet: flags.saveSheet,
    inputs: reads,
    force: flags.force,
  });
  const { names } = outputs;
  const several = inputs.length * seeds.length > 1;
  if (previewDir !== undefined) {
    const { checkPreviews } = await import("./check_previews.ts");
    const own = await readEditDefaults(named).catch(() => undefined); // told below
    await checkPreviews(previewDir, {
      steps: plan.steps ?? own?.steps ?? 1,
      others: [...reads, ...outputs.paths],
      force: flags.force,
    });
  }
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
  using _shared = await task.share?.(model, hashes);
  const notices = new Set([
    ...outputs.notices,
    ...baseModelNotices(model.pipeline.loras, hashes.model),
  ]);
  if (memoryPlan?.resident !== undefined) {
    const { residency } = await import("./memory_plan.ts");
    notices.add(residency(memoryPlan));
  }
  const written: Written[] = [];
  const pictures: SheetPicture[] = [];
  let ranks: readonly (SeedRank & { readonly seed: Seed })[] | undefined;
  let prompt = "";
  let first: EditRecord | GenerateRecord | undefined;
  for (const [index, input] of inputs.entries()) {
    signal.throwIfAborted();
    progress.status(`${name}: encoding the inputs`);
    using prepared = await task.prepare(model, { index, hashes });
    checkPngText({ prompt: prepared.prompt }); // with the template of a LoRA
    signal.throwIfAborted();
    progress.status(`${name}: loading the transformer`);
    const start = performance.now();
    await model.pipeline.transformer();
    const load = performance.now() - start;
    if (previewDir !== undefined && index === 0) {
      const { clearPreviews } = await import("./check_previews.ts");
      await clearPreviews(previewDir);
    }
    for (const notice of prepared.notices) notices.add(notice);
    prompt = prepared.prompt;
    const write = async (
      one: SeedResult,
      label: string,
      best?: Best,
    ) => {
      const { seed, image, ...made } = one;
      const path = names.image(label);
      const { guidance = prepared.guidance } = plan;
      const facts = runFacts(named, {
        model,
        guidance,
        hashes,
        output: path,
        earlier,
      });
      const of = { seed, facts, image, output: path, best };
      const record = prepared.record(of);
      first ??= record;
      const text = recordText(record, image);
      await writePicture(path, image, { text, flags });
      const grid = prepared.grid && names.grid(label);
      if (grid !== undefined) {
        const panels = prepared.grid!(one);
        const text = recordText(record, panels);
        await writePicture(grid, panels, { text, flags });
      }
      const milliseconds = { ...made.timings, load, ...prepared.timings };
      written.push({ path, grid, seed, shift: made.shift, milliseconds });
    };

    // 3. a picture for each seed
    const results: SeedResult[] = [];
    const own: SheetPicture[] = [];
    for (let i = 0; i < seeds.length; i += prepared.atOnce) {
      const together = seeds.slice(i, i + prepared.atOnce);
      const label = [
        input === "" ? name : `${name} ${input}`,
        ...seeds.length > 1 ? [`seed ${together.join(", ")}`] : [],
      ].join(", ");
      const made = await runSteps(
        (onStep) => prepared.run(together, onStep),
        {
          progress,
          label,
          previews: previewDir === undefined
            ? undefined
            : together.map((seed) => (step) =>
              previewName(
                previewDir,
                step,
                several ? labelOf(input, `seed_${seed}`) : undefined,
              )
            ),
        },
      );
      for (const [k, one] of made.entries()) {
        for (const notice of one.notices) notices.add(notice);
        const seed = together[k]!;
        const result = { seed, ...one };
        if (keepBest === undefined) {
          await write(result, labelOf(input, `seed_${seed}`));
        }
        if (keepBest === undefined && flags.saveSheet !== true) continue;
        results.push(result);
        const words = input === "" ? `seed ${seed}` : `${input}, seed ${seed}`;
        own.push({ image: one.image, words, seed });
      }
    }

    // 4. the best of them
    if (keepBest !== undefined) {
      progress.status(`${name}: ranking`);
      const found = await prepared.rank!(results);
      ranks = found.map((rank, i) => ({ seed: seeds[i]!, ...rank }));
      const order = found.map((_, i) => i)
        .sort((i, k) => found[i]!.place - found[k]!.place);
      for (const i of order.slice(0, keepBest)) {
        const best = { ...found[i]!, seeds: [...seeds] };
        await write(results[i]!, labelOf(input, `best_${best.place}`), best);
      }
      own.splice(0, Infinity, ...order.map((i) => own[i]!));
    }
    pictures.push(...own);
  }

  if (flags.saveSheet === true) {
    await writeSheet(names.sheet, { pictures, record: first!, flags });
  }

  // 5. what came of it
  const sheet = flags.saveSheet && names.sheet;
  report({ flags, progress, model, prompt, notices, written, sheet, ranks });
}

/** What a record says of program, model and device. */
export function runFacts(
  named: NamedModel,
  { model, guidance, hashes, output, earlier }: {
    readonly model: Model;
    readonly guidance: number;
    readonly hashes: ModelHashes;
    readonly output: string;
    readonly earlier: EarlierRun | undefined;
  },
): RunFacts {
  const { kind, name } = model.device;
  const { guidanceEmbeds } = model.pipeline.folder.transformer.config;
  return {
    guidance: guidanceEmbeds ? guidance : undefined,
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
      const text = { [PREVIEW_TEXT]: `${label}, step ${step} of ${steps}` };
      for (const [i, path] of previews?.entries() ?? []) {
        const png = await encodePng(await preview(i), { text });
        await atomicWrite(path(step), png);
      }
    });
  } finally {
    progress.end();
  }
}
