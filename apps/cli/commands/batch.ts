import { LIMITS } from "@edit-transfer/files/limits";
import { atomicWrite, jsonText } from "@edit-transfer/files";
import { checkPngText, encodePng } from "@edit-transfer/image";
import { baseModelNotices } from "@edit-transfer/pipeline";
import {
  EXIT_CODES,
  exitCodeOf,
  print,
  Progress,
  UsageError,
  warn,
} from "@edit-transfer/terminal";
import { readEditDefaults } from "@edit-transfer/pipeline";
import type { EditDefaults, Model } from "@edit-transfer/transfer";
import { type BatchJob, folderJobs, readJobs } from "../batch_jobs.ts";
import { checkJobs } from "../check_jobs.ts";
import {
  integer,
  number,
  seed as noiseSeed,
  withDeviceFlags,
  withEditFlags,
} from "../flags.ts";
import { runFacts, runSteps } from "../make_pictures.ts";
import { batchMemory, residency } from "../memory_plan.ts";
import {
  checkModel,
  hashNamedModel,
  type ModelHashes,
  type NamedModel,
  namedModel,
  openModel,
  planRun,
} from "../open_model.ts";
import { checkOutput } from "../output.ts";
import {
  type EditFlags,
  type EditImages,
  type EditPlan,
  editRecord,
  GUIDANCE,
  picturesOf,
  planEdit,
  readInputs,
  settingsOf,
} from "../plan_edit.ts";
import { readRecord, recordText } from "../record.ts";
import type { Context, Verb } from "../verb.ts";

/** What came of a job. */
interface JobReport {
  readonly line: number;
  readonly status: "done" | "skipped" | "failed";
  readonly output?: string | undefined;
  readonly milliseconds?: number | undefined;
  readonly error?: string | undefined;
}

/** What all jobs share. */
interface Batch {
  readonly flags: EditFlags;
  readonly named: NamedModel;
  readonly hashes: ModelHashes;
  /** What its edits do unless a job says otherwise. */
  readonly defaults: EditDefaults;
  /** Opens the model when the first job needs it. */
  readonly open: () => Promise<Model>;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** `batch`: many edits with one model, which stays loaded. */
export const verb: Verb = (command, context) => {
  command
    .argument("[jobs]", "file with a JSON object a line, or - for the input")
    .option("--query <dir>", "edit all pictures of a folder, instead of jobs")
    .option("--example <files...>", "with --query: BEFORE and AFTER")
    .option("-o, --output <dir>", "with --query: folder to write, made if new")
    .option("--edit <words>", "with --query: what the edit does")
    .option("--prompt <text>", "with --query: caption, instead of --edit")
    .option("--seed <n>", "with --query (default: 42)", noiseSeed)
    .option("--steps <n>", "with --query (default: 35)", integer(LIMITS.steps))
    .option(
      "--guidance <scale>",
      "with --query (default: 1)",
      number(LIMITS.guidance),
    );
  withEditFlags(command, "with --query: ")
    .option("--force", "let outputs replace files of other programs");
  withDeviceFlags(command)
    .option("--json", "print a JSON object for each job")
    .option("--quiet", "no progress and no notices")
    .option("--verbose", "stacks of errors")
    .addHelpText(
      "after",
      "\nA job has before, after, query and output, and may have edit or prompt, seed, steps," +
        "\nguidance, panelSize, fit, strength, lock, autoSeeds. Paths are relative to the file. Jobs whose output is there" +
        "\nwith the same settings are skipped, so that an interrupted batch goes on; a job that" +
        "\nfails does not end it." +
        '\n\nExample of a line:\n  {"before": "a.png", "after": "b.png", "query": "c.png",' +
        ' "edit": "raising arms", "output": "d.png"}' +
        '\n\nExample of a folder:\n  batch --example a.png b.png --edit "raising arms"' +
        " --query photos -o edited",
    )
    .action((jobs, { seed, ...flags }) =>
      run(
        jobs,
        { ...flags, seed: seed === undefined ? undefined : [seed] },
        context,
      )
    );
};

async function run(
  path: string | undefined,
  flags: EditFlags,
  { signal }: Context,
): Promise<void> {
  // 1. jobs, and all that can be refused without a model
  if (path === undefined && flags.query === undefined) {
    throw new UsageError(
      "Cannot run a batch as JOBS or --query DIR is required: got none",
    );
  }
  if (path !== undefined) checkJobFlags(flags);
  const read = path === undefined
    ? await folderJobs(flags)
    : await readJobs(path);
  const device = flags.device ?? "auto";
  const named = await namedModel(flags, { ownLora: true });
  const jobs = await checkJobs(read, [
    ...path === undefined || path === "-" ? [] : [path],
    named.path,
    ...named.loras.map(({ path }) => path),
  ]);
  await checkModel(named);
  const plan = await planRun(
    () =>
      Promise.resolve(
        batchMemory(
          jobs.map(({ flags }) => flags?.panelSize),
          flags.conditions,
        ),
      ),
    { model: named, device, flags },
  );
  const hashes = await hashNamedModel(named);
  const defaults = await readEditDefaults(named);
  const progress = new Progress({ quiet: flags.quiet });
  if (plan?.resident !== undefined) progress.note(residency(plan));

  // 2. the model, when the first job needs it
  await using stack = new AsyncDisposableStack();
  stack.defer(() => progress.end());
  let model: Model | undefined;
  const open = async () => {
    if (model !== undefined) return model;
    try {
      model = stack.use(
        await openModel(named, { device, plan, flags, keepTextEncoders: true }),
      );
      await model.load();
      return model;
    } catch (cause) {
      throw new ModelFailure("The model cannot be loaded", { cause });
    }
  };

  // 3. a picture a job
  const batch = { flags, named, hashes, defaults, open, progress, signal };
  let failed = 0;
  for (const [index, job] of jobs.entries()) {
    signal.throwIfAborted();
    let report: JobReport;
    try {
      const label = `batch ${index + 1} of ${jobs.length}`;
      report = await runJob(job, batch, label);
    } catch (error) {
      if (error instanceof ModelFailure) throw error.cause;
      if (endsBatch(error, signal)) throw error;
      failed++;
      const { line, flags: own } = job;
      const { message } = error as Error;
      report = { line, status: "failed", output: own?.output, error: message };
    }
    tellReport(report, flags, progress);
  }

  // 4. what came of it
  if (failed === 0) return;
  throw new Error(
    `Cannot finish "${
      path ?? flags.query
    }" as every job must succeed: ${failed} of ${jobs.length} failed`,
  );
}

/** Refuses flags that jobs have themselves. */
function checkJobFlags(flags: EditFlags): void {
  const own = [
    "query",
    "example",
    "output",
    "edit",
    "prompt",
    "seed",
    "steps",
    "guidance",
    "panelSize",
    "fit",
    "strength",
    "lock",
    "autoSeeds",
  ] as const;
  const given = own.find((name) => flags[name] !== undefined);
  if (given === undefined) return;
  throw new UsageError(
    `Cannot run a batch as jobs say it themselves: got --${
      given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    } with JOBS`,
  );
}

/** Makes the picture of one job, or finds that it is there. */
async function runJob(
  { line, flags: own, fault }: BatchJob,
  { flags, named, hashes, defaults, open, progress, signal }: Batch,
  label: string,
): Promise<JobReport> {
  if (own === undefined) throw new Error(fault);
  const start = performance.now();
  const plan = await planEdit({ ...flags, ...own }, { model: named });
  const { output } = own;
  const { inputPaths: inputs, earlier } = plan;
  const settings = settingsOf(plan, defaults);
  const replaced = await checkOutput(output, { inputs, force: flags.force });
  const { images, hashes: files, notices } = await readInputs(plan);
  if (await isFinished(output, { plan, files, hashes, settings })) {
    return { line, status: "skipped", output };
  }
  const tell = (notices: readonly string[]) => {
    for (const notice of notices) progress.note(`notice: ${notice}`);
  };
  tell([...replaced, ...notices]);
  const model = await open();
  using prepared = await model.prepare({ ...images, ...plan });
  tell([
    ...prepared.notices,
    ...baseModelNotices(model.pipeline.loras, hashes.model),
  ]);
  checkPngText({ prompt: prepared.prompt });
  const { seeds, guidance = GUIDANCE, strength, lock, noise } = plan;
  const results = await runSteps(
    (onStep) =>
      prepared.runSeeds(seeds, {
        ...settings,
        guidance: plan.guidance,
        strength,
        lock,
        noise,
        signal,
        onStep,
      }),
    { progress, label },
  );
  const ranks = plan.keepBest === undefined
    ? undefined
    : await prepared.rank(results, signal);
  const first = ranks?.findIndex(({ place }) => place === 1) ?? 0;
  const seed = seeds[first]!;
  const { image, notices: late } = results[first]!;
  const best = ranks && { ...ranks[first]!, seeds };
  tell(late.filter((notice) => !prepared.notices.includes(notice)));
  const facts = runFacts(named, {
    model,
    guidance,
    hashes,
    output,
    earlier,
  });
  const record = editRecord(plan, {
    seed,
    facts,
    prepared,
    hashes: files,
    output,
    best,
    settings,
  });
  const text = recordText(record, image);
  await atomicWrite(output, await encodePng(image, { text }));
  const milliseconds = performance.now() - start;
  return { line, status: "done", output, milliseconds };
}

/**
 * Whether a picture is there already that was made with the same model,
 * pictures and settings, on whichever device.
 */
async function isFinished(
  output: string,
  { plan, files, hashes, settings }: {
    readonly plan: EditPlan;
    readonly settings: EditDefaults;
    readonly files: EditImages["hashes"];
    readonly hashes: ModelHashes;
  },
): Promise<boolean> {
  const found = await readRecord(output).catch(() => undefined);
  const record = found?.record;
  if (record?.command !== "edit") return false;
  const pictures = picturesOf(record);
  if (pictures === undefined) return false;
  const { before, after, query } = pictures;
  const then = [
    record.model.sha256,
    ...record.loras.flatMap(({ sha256, scale }) => [sha256, scale]),
    ...[before, after, query].map(({ sha256 }) => sha256),
  ];
  const now = [
    hashes.model,
    ...plan.model.loras.flatMap(({ scale }, i) => [hashes.loras[i], scale]),
    ...[files.before, files.after, files.query],
  ];
  return same(then, now) &&
    record.edit === plan.edit &&
    (plan.prompt === undefined || record.prompt === plan.prompt) &&
    same(record.best?.seeds ?? [record.seed], plan.seeds) &&
    record.steps === settings.steps &&
    (record.conditions ?? "joint") === settings.conditions &&
    (record.guidance === undefined ||
      record.guidance === (plan.guidance ?? GUIDANCE)) &&
    record.fit === plan.fit &&
    (record.strength ?? 1) === plan.strength &&
    (record.lock ?? false) === plan.lock &&
    (plan.panelSize === undefined || record.panelSize === plan.panelSize) &&
    same(record.noise, plan.noise);
}

function same(a: unknown, b: unknown): boolean {
  return jsonText(a) === jsonText(b);
}

/** Thrown when no job can succeed. */
class ModelFailure extends Error {}

/** Whether a failure is of the run and not of one job. */
function endsBatch(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted || exitCodeOf(error) === EXIT_CODES.device;
}

/** Tells what came of a job: JSON lines, or paths with failures aside. */
function tellReport(
  report: JobReport,
  flags: EditFlags,
  progress: Progress,
): void {
  const { line, status, output, error } = report;
  if (flags.json === true) {
    print(JSON.stringify(report));
  } else if (status === "failed") {
    progress.end();
    warn(`failed: ${flags.query ?? "line"} ${line}: ${error}`);
  } else {
    if (status === "skipped") progress.note(`finished before: ${output}`);
    print(output!);
  }
}
