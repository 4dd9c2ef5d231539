import { atomicWrite } from "@edit-transfer/files";
import { readImageFile } from "@edit-transfer/image";
import { readEditDefaults } from "@edit-transfer/pipeline";
import {
  isServerGone,
  jobId,
  type JobRow,
  jobRows,
  openQueue,
  putJobs,
  type Queue,
  queueStatus,
  seenIn,
} from "@edit-transfer/queue";
import { backOff, inputKey, TransientError } from "@edit-transfer/store";
import { print, Progress } from "@edit-transfer/terminal";
import { extname } from "node:path";
import { setTimeout } from "node:timers/promises";
import { isFinished } from "./is_finished.ts";
import { batchFailure, type JobReport, tellReport } from "./job_report.ts";
import { hashNamedModel } from "./open_model.ts";
import { checkOutput } from "./output.ts";
import { planEdit, settingsOf } from "./plan_edit.ts";
import {
  hashBytes,
  jobModel,
  outputKey,
  type QueuedEdit,
  queuedEdit,
  queueName,
} from "./queued_edit.ts";
import type { RunQueued } from "./queue_flags.ts";
import { queueStore } from "./queue_store.ts";

/** Jobs that are put at once, so that workers begin before all are. */
const AT_ONCE = 100;

/** Milliseconds between two looks at the jobs. */
const LOOK_MS = 500;

/** Milliseconds without any work after which the user is told why. */
const IDLE_MS = 15_000;

/** A job that is put. */
interface PutJob {
  readonly line: number;
  readonly id: string;
  readonly data: QueuedEdit;
  /** Where its picture goes here. */
  readonly output: string;
  /** Files that no output may replace. */
  readonly inputs: readonly string[];
}

/** Lets the workers of a queue make the edits of a batch. */
export const runQueued: RunQueued = async (
  path,
  jobs,
  { flags, queue: address, named, signal },
) => {
  const hashes = await hashNamedModel(named);
  const defaults = await readEditDefaults(named);
  const progress = new Progress({
    quiet: flags.quiet,
    units: ["edits", "edit"],
  });
  using cleanup = new DisposableStack();
  cleanup.defer(() => progress.end());
  await using queue = await openQueue(address);
  const store = await queueStore(queue, flags.store);
  const model = jobModel(named, hashes);
  const name = queueName(model);
  let failed = 0;
  const tell = (report: JobReport) => {
    if (report.status === "failed") failed++;
    tellReport(report, flags, progress);
  };
  const put = (some: readonly PutJob[], again?: ReadonlySet<string>) =>
    patiently(
      queue,
      signal,
      progress,
      () => putJobs(queue, name, some, { leaseSeconds: flags.lease, again }),
    );

  // 1. inputs to the store, jobs to the queue
  const known = new Map<string, Promise<QueuedEdit["inputs"]["query"]>>();
  const upload = async (path: string) => {
    const bytes = await readImageFile(path);
    const [extension = ""] = /^\.[A-Za-z0-9]{1,8}$/.exec(extname(path)) ?? [];
    const file = {
      sha256: await hashBytes(bytes),
      extension: extension.toLowerCase(),
    };
    await store.write(inputKey(file), bytes);
    return file;
  };
  const once = (path: string) => {
    const file = known.get(path) ?? upload(path);
    known.set(path, file);
    return file;
  };
  const waited = new Map<string, PutJob[]>();
  let fresh = 0;
  let there = 0;
  for (let i = 0; i < jobs.length; i += AT_ONCE) {
    const part: PutJob[] = [];
    for (const { line, flags: own, fault } of jobs.slice(i, i + AT_ONCE)) {
      signal.throwIfAborted();
      progress.status(`batch: putting ${line} of ${jobs.length}`);
      try {
        if (own === undefined) throw new Error(fault);
        const { output } = own;
        const plan = await planEdit({ ...flags, ...own }, { model: named });
        const settings = settingsOf(plan, defaults);
        const { inputPaths } = plan;
        await checkOutput(output, { inputs: inputPaths, force: flags.force });
        const inputs = {
          before: await once(plan.inputs.before.path),
          after: await once(plan.inputs.after.path),
          query: await once(plan.inputs.query.path),
        };
        const files = {
          before: inputs.before.sha256,
          after: inputs.after.sha256,
          query: inputs.query.sha256,
        };
        if (await isFinished(output, { plan, files, hashes, settings })) {
          tell({ line, status: "skipped", output });
          continue;
        }
        const all = { ...flags, ...own };
        const of = { plan, flags: all, model, inputs, settings, output };
        const data = queuedEdit(of);
        part.push({ line, id: jobId(data), data, output, inputs: inputPaths });
      } catch (error) {
        if (signal.aborted) throw error;
        const { message } = error as Error;
        tell({ line, status: "failed", output: own?.output, error: message });
      }
    }
    const count = await put(part);
    fresh += count;
    there += part.length - count;
    for (const job of part) {
      waited.set(job.id, [...waited.get(job.id) ?? [], job]);
    }
  }
  if (flags.detach === true) {
    if (flags.json === true) {
      print(JSON.stringify({ queue: name, put: fresh, there, failed }));
    } else {
      print(
        `${fresh} jobs put in ${name} of ${queue.shown}, ${there} there before`,
      );
    }
    if (failed > 0) {
      throw batchFailure(path ?? flags.query, { failed, all: jobs.length });
    }
    return;
  }

  // 2. pictures, as they come
  const all = [...waited.values()].flat().length;
  const madeAgain = new Set<string>();
  let done = 0;
  const start = performance.now();
  const over = async (row: JobRow | undefined, job: PutJob) => {
    const { line, output } = job;
    const milliseconds = performance.now() - start;
    try {
      if (row === undefined) throw new Error(`Job not found: ${job.id}`);
      if (row.state === "cancelled") {
        throw new Error("Cannot make the picture as the job was cancelled");
      }
      if (row.state === "failed") throw new Error(seenIn(row.output));
      const bytes = await store.read(outputKey(job.id, job.data));
      if (bytes === undefined) {
        if (madeAgain.has(job.id)) {
          throw new Error(
            `Picture not found in ${store.address}: ${
              outputKey(job.id, job.data)
            }`,
          );
        }
        madeAgain.add(job.id);
        await put([job], madeAgain);
        return false;
      }
      if (await hashBytes(bytes) !== row.output?.sha256) {
        throw new Error(
          `Cannot take ${
            outputKey(job.id, job.data)
          } from ${store.address} as it must have the bytes that its worker wrote: got others`,
        );
      }
      await checkOutput(output, { inputs: job.inputs, force: flags.force });
      await atomicWrite(output, bytes);
      for (const notice of row.output?.notices as string[] ?? []) {
        progress.note(`notice: ${notice}`);
      }
      tell({ line, status: "done", output, milliseconds });
    } catch (error) {
      if (error instanceof TransientError) return false;
      const { message } = error as Error;
      tell({ line, status: "failed", output, error: message });
    }
    done++;
    return true;
  };
  /** Says once that nobody is there to make them. */
  const tellIdle = async () => {
    const { queues } = await queueStatus(queue);
    const own = queues.find((one) => one.name === name);
    if (own === undefined || own.workers.length > 0) return;
    progress.note(
      `notice: no worker takes the jobs of this model: "worker --queue ${queue.shown}" with its --model and --lora starts one`,
    );
  };
  progress.start();
  let idle = performance.now();
  try {
    while (waited.size > 0) {
      const rows = await patiently(
        queue,
        signal,
        progress,
        () => jobRows(queue, [...waited.keys()]),
      );
      let running = 0;
      for (const [id, put] of [...waited]) {
        const row = rows.get(id);
        if (row?.state === "active") running++;
        if (
          row !== undefined &&
          ["created", "retry", "active"].includes(row.state)
        ) continue;
        const left: PutJob[] = [];
        for (const job of put) {
          if (!await over(row, job)) left.push(job);
        }
        if (left.length === 0) waited.delete(id);
        else waited.set(id, left);
      }
      if (running > 0 || done > 0) idle = Infinity;
      if (performance.now() - idle > IDLE_MS) {
        await tellIdle().catch(() => {}); // of a server that is gone
        idle = Infinity;
      }
      progress.step(done, all, {
        label: "batch",
        detail: `${running} running  ${failed} failed`,
      });
      if (waited.size > 0) await setTimeout(LOOK_MS, undefined, { signal });
    }
  } catch (error) {
    if (signal.aborted) {
      progress.note(
        `${waited.size} jobs stay in the queue: the same command takes their pictures, "queue drain" cancels them`,
      );
      throw signal.reason;
    }
    throw error;
  }
  if (failed > 0) {
    throw batchFailure(path ?? flags.query, { failed, all: jobs.length });
  }
};

/** Result of a question to a server, which is waited for when it is gone. */
async function patiently<Result>(
  queue: Queue,
  signal: AbortSignal,
  progress: Progress,
  ask: () => Promise<Result>,
): Promise<Result> {
  let told = false;
  return await backOff(async () => {
    try {
      return await ask();
    } catch (cause) {
      if (!isServerGone(cause)) throw cause;
      throw new TransientError(`Cannot reach ${queue.shown}`, { cause });
    }
  }, {
    tries: Infinity,
    firstMs: 500,
    longestMs: 5000,
    signal,
    onWait() {
      if (!told) progress.note(`notice: waiting for ${queue.shown}`);
      told = true;
    },
  });
}
