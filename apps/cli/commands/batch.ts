import { atomicWrite } from "@edit-transfer/files";
import { LIMITS } from "@edit-transfer/files/limits";
import { readEditDefaults } from "@edit-transfer/pipeline";
import {
  EXIT_CODES,
  exitCodeOf,
  Progress,
  UsageError,
} from "@edit-transfer/terminal";
import type { EditDefaults, Model } from "@edit-transfer/transfer";
import { type BatchJob, folderJobs, readJobs } from "../batch_jobs.ts";
import { checkJobs } from "../check_jobs.ts";
import { editPicture } from "../edit_job.ts";
import {
  integer,
  number,
  seed as noiseSeed,
  withDeviceFlags,
  withEditFlags,
} from "../flags.ts";
import { isFinished } from "../is_finished.ts";
import { batchFailure, type JobReport, tellReport } from "../job_report.ts";
import { batchMemory, residency, sizesOf } from "../memory_plan.ts";
import {
  checkModel,
  hashNamedModel,
  type ModelHashes,
  type NamedModel,
  namedModel,
  openModel,
  planRun,
} from "../open_model.ts";
import { checkOutput, lockOutput } from "../output.ts";
import { readInputs } from "../edit_images.ts";
import { type EditFlags, planEdit, settingsOf } from "../plan_edit.ts";
import { type BatchFlags, LEASE, type RunQueued } from "../queue_flags.ts";
import type { Context, Verb } from "../verb.ts";

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
    .option("--force", "let outputs replace files of other programs")
    .option(
      "--queue <address>",
      "let workers make them: postgres://USER@HOST:PORT/DB",
    )
    .option(
      "--store <place>",
      "with --queue: folder or s3://bucket/prefix that workers share (default: the queue's database)",
    )
    .option("--detach", "with --queue: put the jobs and return")
    .option(
      "--lease <seconds>",
      "with --queue: silence after which a job is taken from its worker (default: 60)",
      integer(LEASE),
    );
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
  flags: BatchFlags,
  { signal }: Context,
): Promise<void> {
  // 1. jobs, and all that can be refused without a model
  if (path === undefined && flags.query === undefined) {
    throw new UsageError(
      "Cannot run a batch as JOBS or --query DIR is required: got none",
    );
  }
  if (path !== undefined) checkJobFlags(flags);
  checkQueueFlags(flags);
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
  if (flags.queue !== undefined) {
    const { queue } = flags;
    const { runQueued } = await loadQueued();
    return await runQueued(path, jobs, { flags, queue, named, signal });
  }
  const plan = await planRun(
    async () =>
      batchMemory(
        jobs.map(({ flags }) => flags?.panelSize),
        flags.conditions,
        await sizesOf(jobs.map(({ flags }) => flags?.query)),
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
  throw batchFailure(path ?? flags.query, { failed, all: jobs.length });
}

/**
 * What a queue needs, by an address that is computed: Deno would read it before
 * the first line of any batch runs.
 */
function loadQueued(): Promise<{ readonly runQueued: RunQueued }> {
  const here = import.meta.url;
  return import(here.replace(/commands\/batch(\.\w+)$/, "queued_batch$1"));
}

/** Refuses flags of a queue where none is named. */
function checkQueueFlags(flags: BatchFlags): void {
  if (flags.queue !== undefined) return;
  const given = (["store", "detach", "lease"] as const)
    .find((name) => flags[name] !== undefined);
  if (given === undefined) return;
  throw new UsageError(
    `Cannot run a batch with --${given} as it goes with --queue: got none`,
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
  { flags, defaults, signal, ...batch }: Batch,
  label: string,
): Promise<JobReport> {
  if (own === undefined) throw new Error(fault);
  const start = performance.now();
  const plan = await planEdit({ ...flags, ...own }, { model: batch.named });
  const { output } = own;
  const { inputPaths: inputs } = plan;
  const settings = settingsOf(plan, defaults);
  await checkOutput(output, { inputs, force: flags.force });
  await using _lock = await lockOutput(output);
  const replaced = await checkOutput(output, { inputs, force: flags.force });
  const images = await readInputs(plan);
  const made = { plan, files: images.hashes, hashes: batch.hashes, settings };
  if (await isFinished(output, made)) {
    return { line, status: "skipped", output };
  }
  const tell = (notice: string) => batch.progress.note(`notice: ${notice}`);
  for (const notice of replaced) tell(notice);
  const png = await editPicture(
    { plan, inputs: images, settings, output, label, signal },
    { ...batch, onNotice: tell },
  );
  await atomicWrite(output, png);
  const milliseconds = performance.now() - start;
  return { line, status: "done", output, milliseconds };
}

/** Thrown when no job can succeed. */
class ModelFailure extends Error {}

/** Whether a failure is of the run and not of one job. */
function endsBatch(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted || exitCodeOf(error) === EXIT_CODES.device;
}
