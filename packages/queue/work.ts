import { setTimeout } from "node:timers/promises";
import type { Job } from "pg-boss";
import { type AttemptOutcome, beginAttempt, endAttempt } from "./attempts.ts";
import { engineOf, type Queue } from "./open_queue.ts";
import { makeQueue, TRIES } from "./put_jobs.ts";
import { queueStatus } from "./queue_status.ts";

/** Seconds between two signs of life, in which a cancelled job is noticed. */
const HEARTBEAT_SECONDS = 2;

/** Seconds between two looks for jobs that nobody announced, such as retries. */
const POLL_SECONDS = 2;

/** Seconds between two looks at the jobs of others. */
const OTHERS_SECONDS = 30;

/** Milliseconds that a timer takes at most. */
const FOREVER_MS = 2 ** 31 - 1;

/** Something that a worker has to say. */
export interface WorkEvent {
  /** What happened. */
  readonly event:
    | "ready"
    | "taken"
    | "done"
    | "retry"
    | "failed"
    | "stopped"
    | "left"
    | "waiting"
    | "ended";
  /** UUID of the job. */
  readonly job?: string | undefined;
  /** Number of the try, from 1. */
  readonly try?: number | undefined;
  /** Seconds that it took. */
  readonly seconds?: number | undefined;
  /** More about it. */
  readonly message?: string | undefined;
  /** What the job gave, of one that is done. */
  readonly output?: object | undefined;
}

/** Options of {@linkcode work}. */
export interface WorkOptions {
  /** Queue whose jobs are taken. */
  readonly name: string;
  /** Name of the worker. */
  readonly worker: string;
  /** Ends the work, after the job that runs. */
  readonly signal: AbortSignal;
  /** Does a job; its signal aborts when it is cancelled or lost. */
  readonly run: (
    data: unknown,
    job: { readonly id: string; readonly signal: AbortSignal },
  ) => Promise<object>;
  /** Whether a failed job may succeed when it is tried again. */
  readonly isTransient: (error: unknown) => boolean;
  /**
   * Whether to end when no job waits or runs.
   *
   * @default {false}
   */
  readonly untilEmpty?: boolean | undefined;
  /** Told what happens. */
  readonly onEvent: (event: WorkEvent) => void;
}

/**
 * Takes jobs, one at a time, until the signal aborts and the last is finished.
 *
 * @param queue Where.
 * @param options See {@linkcode WorkOptions}.
 * @returns When the last job is finished.
 *
 * @example Usage
 * ```ts
 * import { openQueue, work } from "@edit-transfer/queue";
 * import process from "node:process";
 *
 * const address = process.env.EDIT_TRANSFER_QUEUE;
 * if (address !== undefined) {
 *   await using queue = await openQueue(address);
 *   await work(queue, {
 *     name: "example",
 *     worker: "me",
 *     signal: AbortSignal.timeout(1000),
 *     run: (data) => Promise.resolve({ made: data }),
 *     isTransient: () => false,
 *     onEvent: (event) => console.log(event),
 *   });
 * }
 * ```
 */
export async function work(
  queue: Queue,
  options: WorkOptions,
): Promise<void> {
  const { name, worker, signal, run, isTransient, untilEmpty, onEvent } =
    options;
  await makeQueue(queue, name);
  let id = "";
  const handle = async (job: Job<unknown>) => {
    const about = { job: job.id, try: job.retryCount + 1 };
    const start = performance.now();
    const seconds = () => Math.round(performance.now() - start) / 1000;
    const note = (outcome: AttemptOutcome, seen?: string) =>
      endAttempt(queue, { ...about, worker, outcome, seen })
        .catch(() => {}); // of a server that is gone, which takes the job back
    try {
      await beginAttempt(queue, { ...about, worker });
      onEvent({ event: "taken", ...about });
      const output = await run(job.data, job);
      onEvent({ event: "done", ...about, seconds: seconds(), output });
      await note("done");
      return { id: job.id, status: "completed" as const, output };
    } catch (error) {
      const { message } = error as Error;
      const output = { message, worker };
      if (job.signal.aborted) {
        onEvent({ event: "stopped", ...about, seconds: seconds() });
        await note("stopped");
        return { id: job.id, status: "failed" as const, output }; // no longer ours
      }
      const again = isTransient(error);
      const event = again && about.try < TRIES ? "retry" : "failed";
      onEvent({ event, ...about, seconds: seconds(), message });
      await note(event, message);
      return {
        id: job.id,
        status: again ? "failed" as const : "deadletter" as const,
        output,
      };
    } finally {
      engineOf(queue).notifyWorker(id); // looks for the next one at once
    }
  };
  id = await engineOf(queue).work(
    name,
    {
      pollingIntervalSeconds: POLL_SECONDS,
      notifyPollingIntervalSeconds: POLL_SECONDS,
      heartbeatRefreshSeconds: HEARTBEAT_SECONDS,
      perJobResults: true,
    },
    async ([job]) => [await handle(job!)],
  );
  onEvent({ event: "ready", message: name });
  await using _others = await watchOthers(queue, name, onEvent);
  while (!signal.aborted) {
    const look = untilEmpty === true ? POLL_SECONDS * 1000 : FOREVER_MS;
    await setTimeout(look, undefined, { signal }).catch(() => {});
    if (untilEmpty === true && await isEmpty(queue, name)) break;
  }
  await engineOf(queue).offWork(name, { id, wait: true });
}

/** Whether no job of a queue waits or runs; false while the server is gone. */
async function isEmpty(queue: Queue, name: string): Promise<boolean> {
  const rows = await queue.sql(
    "select 1 from pgboss.job where name = $1 and state < 'completed' limit 1",
    [name],
  ).catch(() => [{}]);
  return rows.length === 0;
}

/** Says now and then which jobs are left, as they are of another model. */
async function watchOthers(
  queue: Queue,
  name: string,
  onEvent: WorkOptions["onEvent"],
): Promise<AsyncDisposable> {
  let told = "";
  const look = async () => {
    const { queues } = await queueStatus(queue);
    const others = queues.filter((one) => one.name !== name && one.waiting > 0);
    const message = others.map((one) =>
      `${one.waiting} of ${one.name}, which ${
        one.workers.length === 0
          ? "no worker takes"
          : `${one.workers.length} others take`
      }`
    ).join("; ");
    if (message !== told && message !== "") {
      onEvent({ event: "left", message: `jobs of another model: ${message}` });
    }
    told = message;
  };
  await look().catch(() => {});
  let looking: Promise<void> | undefined;
  const timer = setInterval(() => {
    looking = look().catch(() => {});
  }, OTHERS_SECONDS * 1000);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await looking;
    },
  };
}
