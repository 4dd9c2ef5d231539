import { atomicWrite } from "@edit-transfer/files";
import { encodePng } from "@edit-transfer/image";
import { loadPipeline, type Pipeline } from "@edit-transfer/pipeline";
import { DeviceError, OutOfMemoryError } from "@edit-transfer/tensor";
import { type BatchJob, readJobs } from "../batch_jobs.ts";
import { isFinished } from "../is_finished.ts";
import { planRun, residency } from "../memory_plan.ts";
import { batchMemory } from "../memory_tasks.ts";
import { checkModel, chooseModel, hashModel } from "../model_choice.ts";
import { openOrRefuse } from "../open_device.ts";
import { checkOutput } from "../output.ts";
import { type EditPlan, planEdit } from "../plan_edit.ts";
import { prepareEditRun } from "../prepare_edit_run.ts";
import { type DeviceFlags, withDeviceFlags } from "../flags.ts";
import type { Context, Verb } from "../verb.ts";
import { print, Progress, warn } from "@edit-transfer/terminal";
import { type EditImages, readInputs } from "../read_inputs.ts";
import {
  type EditRecord,
  PROGRAM,
  recordText,
  type RunFacts,
} from "../record.ts";
import { runSteps } from "../run_steps.ts";
import { textCacheOf } from "../text_cache.ts";

/** Flags of `batch`. */
type BatchFlags = DeviceFlags;

/** What came of a job. */
interface JobReport {
  readonly line: number;
  readonly status: "done" | "skipped" | "failed";
  readonly output?: string;
  readonly milliseconds?: number;
  readonly error?: string;
}

/** Model and device, loaded when the first job needs them. */
interface Warm extends AsyncDisposable {
  readonly pipeline: Pipeline;
  readonly facts: RunFacts;
}

/** `batch`: many edits with one model, which stays loaded. */
export const verb: Verb = (command, context) => {
  command.argument("<jobs>", "file with a JSON object a line");
  withDeviceFlags(command)
    .option("--json", "print a JSON object for each job")
    .option("--quiet", "no progress and no notices")
    .option("--verbose", "stacks of errors")
    .addHelpText(
      "after",
      "\nA job has before, after, query and output, and may have edit or prompt, seed, steps," +
        "\nguidance, panelSize, fit. Paths are relative to the file. Jobs whose output is there" +
        "\nwith the same settings are skipped, so that an interrupted batch goes on; a job that" +
        "\nfails does not end it." +
        '\n\nExample of a line:\n  {"before": "a.png", "after": "b.png", "query": "c.png",' +
        ' "edit": "raising arms", "output": "d.png"}',
    )
    .action((jobs, flags) => run(jobs, flags, context));
};

async function run(
  path: string,
  flags: BatchFlags,
  { signal }: Context,
): Promise<void> {
  const jobs = await readJobs(path);
  const choice = chooseModel(flags, { ownLora: true });
  await checkModel(choice);
  const memory = await planRun(
    batchMemory(jobs.map(({ flags }) => flags?.panelSize)),
    { choice, device: flags.device ?? "auto", flags },
  );
  const model = await hashModel(choice);
  const progress = new Progress({ quiet: flags.quiet });
  let warm: Warm | undefined;
  if (memory?.resident !== undefined) progress.note(residency(memory));
  const heat = async () =>
    warm ??= await load(choice, { flags, model, resident: memory?.resident });
  let failed = 0;
  try {
    for (const [index, job] of jobs.entries()) {
      signal.throwIfAborted();
      const label = `batch ${index + 1} of ${jobs.length}`;
      let report: JobReport;
      try {
        report = await runJob(job, {
          flags,
          model,
          heat,
          progress,
          label,
          signal,
        });
      } catch (error) {
        if (error instanceof ModelFailure) throw error.cause;
        if (endsBatch(error, signal)) throw error;
        failed++;
        const { message } = error as Error;
        report = {
          line: job.line,
          status: "failed",
          ...(job.flags === undefined ? {} : { output: job.flags.output }),
          error: message,
        };
      }
      tell(report, flags, progress);
    }
  } finally {
    progress.end();
    await warm?.[Symbol.asyncDispose]();
  }
  if (failed === 0) return;
  throw new Error(
    `Cannot finish "${path}" as every job must succeed: ${failed} of ${jobs.length} failed`,
  );
}

/** Makes the picture of one job, or finds that it is there. */
async function runJob(
  { line, flags: own, fault }: BatchJob,
  { flags, model, heat, progress, label, signal }: {
    readonly flags: BatchFlags;
    readonly model: Pick<EditRecord, "model" | "loras">;
    readonly heat: () => Promise<Warm>;
    readonly progress: Progress;
    readonly label: string;
    readonly signal: AbortSignal;
  },
): Promise<JobReport> {
  if (own === undefined) throw new Error(fault);
  const start = performance.now();
  const plan = await planEdit({ ...flags, ...own });
  await checkOutput(plan.output, { inputs: plan.inputPaths });
  const inputs = await readInputs(plan);
  const { output } = plan;
  if (await isFinished(plan, { files: inputs.files, model })) {
    return { line, status: "skipped", output };
  }
  const { pipeline, facts } = await loaded(heat);
  await makePicture(pipeline, { plan, inputs, facts, progress, label, signal });
  const milliseconds = performance.now() - start;
  return { line, status: "done", output, milliseconds };
}

/** Thrown when no job can succeed. */
class ModelFailure extends Error {}

async function loaded(heat: () => Promise<Warm>): Promise<Warm> {
  try {
    return await heat();
  } catch (cause) {
    throw new ModelFailure((cause as Error).message, { cause });
  }
}

async function makePicture(
  pipeline: Pipeline,
  { plan, inputs, facts, progress, label, signal }: {
    readonly plan: EditPlan;
    readonly inputs: EditImages;
    readonly facts: RunFacts;
    readonly progress: Progress;
    readonly label: string;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  using prepared = await prepareEditRun(pipeline, {
    plan,
    inputs,
    saveGrid: false,
    signal,
  });
  const [seed] = plan.seeds as [number];
  const { image } = await runSteps(prepared.run(seed), { progress, label });
  const text = recordText(prepared.record(seed, { facts, image }), image);
  await atomicWrite(plan.output, await encodePng(image, { text }));
}

async function load(
  choice: ReturnType<typeof chooseModel>,
  { flags, model, resident }: {
    readonly flags: BatchFlags;
    readonly model: Pick<EditRecord, "model" | "loras">;
    readonly resident: readonly boolean[] | undefined;
  },
): Promise<Warm> {
  const device = await openOrRefuse(flags.device ?? "auto", {
    maxBytes: flags.maxVram,
  });
  try {
    const pipeline = await loadPipeline(choice.model.path, {
      device,
      loras: choice.loras,
      keepTextEncoders: true,
      textCache: textCacheOf(flags),
      resident,
    });
    try {
      await pipeline.vae();
      await pipeline.transformer();
    } catch (error) {
      await pipeline[Symbol.asyncDispose]();
      throw error;
    }
    const { kind, name } = device;
    return {
      pipeline,
      facts: { program: PROGRAM, ...model, device: { kind, name } },
      async [Symbol.asyncDispose]() {
        await pipeline[Symbol.asyncDispose]();
        device.destroy();
      },
    };
  } catch (error) {
    device.destroy();
    throw error;
  }
}

/** Whether a failure is of the run and not of one job. */
function endsBatch(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted ||
    (error instanceof DeviceError && !(error instanceof OutOfMemoryError));
}

/** Tells what came of a job: JSON lines, or paths with failures aside. */
function tell(
  report: JobReport,
  flags: BatchFlags,
  progress: Progress,
): void {
  const { line, status, output, error } = report;
  if (flags.json === true) {
    print(JSON.stringify(report));
  } else if (status === "failed") {
    progress.end();
    warn(`failed: line ${line}: ${error}`);
  } else {
    if (status === "skipped") progress.note(`finished before: ${output}`);
    print(output!);
  }
}
