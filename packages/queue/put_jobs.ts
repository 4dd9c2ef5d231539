import { jobRows, type JobState } from "./job_rows.ts";
import { engineOf, type Queue } from "./open_queue.ts";

/** Queue of the jobs that failed for good, with what was seen. */
export const DEAD_LETTERS = "edit-transfer.dead";

/** Tries of a job before it is given up. */
export const TRIES = 3;

/** Seconds after which a worker that says nothing has lost its job. */
export const LEASE_SECONDS = 60;

const DAY = 24 * 3600;

/** A job to put. */
export interface NewJob {
  /** Its identity, see {@linkcode jobId}. */
  readonly id: string;
  /** What is to be done, as JSON. */
  readonly data: object;
}

/** Options of {@linkcode putJobs}. */
export interface PutOptions {
  /**
   * Seconds after which a worker that says nothing has lost its job.
   *
   * @default {60}
   */
  readonly leaseSeconds?: number | undefined;
  /** Jobs that are done again although they are. */
  readonly again?: ReadonlySet<string> | undefined;
}

/** Jobs that are written at once. */
const AT_ONCE = 500;

/** States of jobs that are put anew where they are asked for again. */
const OVER: ReadonlySet<JobState> = new Set(["failed", "cancelled"]);

/**
 * Makes a queue, if it is not there.
 *
 * @param queue Where.
 * @param name Its name.
 */
export async function makeQueue(queue: Queue, name: string): Promise<void> {
  const boss = engineOf(queue);
  await boss.createQueue(DEAD_LETTERS, { retentionSeconds: 90 * DAY });
  await boss.createQueue(name, {
    retryLimit: TRIES - 1,
    retryDelay: 2,
    retryBackoff: true,
    retryDelayMax: 300,
    expireInSeconds: DAY - 1, // the most that the engine takes
    retentionSeconds: 90 * DAY,
    deleteAfterSeconds: 30 * DAY,
    heartbeatSeconds: LEASE_SECONDS,
    deadLetter: DEAD_LETTERS,
    notify: true,
  });
}

/**
 * Puts jobs. Those that wait, run or are done stay as they are; those that failed
 * or were cancelled begin anew.
 *
 * @param queue Where.
 * @param name Queue of these jobs.
 * @param jobs The jobs.
 * @param options See {@linkcode PutOptions}.
 * @returns How many were put.
 *
 * @example Usage
 * ```ts
 * import { jobId, openQueue, putJobs } from "@edit-transfer/queue";
 * import process from "node:process";
 *
 * const address = process.env.EDIT_TRANSFER_QUEUE;
 * if (address !== undefined) {
 *   await using queue = await openQueue(address);
 *   const data = { edit: "raising arms" };
 *   await putJobs(queue, "example", [{ id: jobId(data), data }]);
 * }
 * ```
 */
export async function putJobs(
  queue: Queue,
  name: string,
  jobs: readonly NewJob[],
  options: PutOptions = {},
): Promise<number> {
  const { leaseSeconds = LEASE_SECONDS, again } = options;
  await makeQueue(queue, name);
  const rows = await jobRows(queue, jobs.map(({ id }) => id));
  const fresh = jobs.filter(({ id }) => {
    const row = rows.get(id);
    return row === undefined || OVER.has(row.state) || again?.has(id) === true;
  });
  for (let i = 0; i < fresh.length; i += AT_ONCE) {
    const part = fresh.slice(i, i + AT_ONCE);
    const old = part.map(({ id }) => id).filter((id) => rows.has(id));
    if (old.length > 0) await forget(queue, old);
    await engineOf(queue).insert(
      name,
      part.map(({ id, data }) => ({
        id,
        data,
        heartbeatSeconds: leaseSeconds,
      })),
    );
  }
  return fresh.length;
}

/** Takes jobs that are over out of the queue and of the dead letters. */
async function forget(queue: Queue, ids: readonly string[]): Promise<void> {
  await queue.sql(
    `delete from pgboss.job where state > 'active' and id = any($1::uuid[])`,
    [ids],
  );
  await queue.sql(
    `delete from pgboss.job where name = $1 and source_id = any($2::uuid[])`,
    [DEAD_LETTERS, ids],
  );
}

/**
 * Lets jobs that failed or were cancelled begin anew, with all their tries.
 *
 * @param queue Where.
 * @param ids UUIDs.
 * @default ids {all of them}
 * @returns How many.
 *
 * @example Usage
 * ```ts
 * import { openQueue, retryJobs } from "@edit-transfer/queue";
 * import process from "node:process";
 *
 * const address = process.env.EDIT_TRANSFER_QUEUE;
 * if (address !== undefined) {
 *   await using queue = await openQueue(address);
 *   await retryJobs(queue);
 * }
 * ```
 */
export async function retryJobs(
  queue: Queue,
  ids?: readonly string[],
): Promise<number> {
  const rows = await queue.sql(
    `select id, name, data, heartbeat_seconds from pgboss.job
      where state in ('failed', 'cancelled') and source_id is null
        and ($1::uuid[] is null or id = any($1::uuid[]))`,
    [ids ?? null],
  );
  let put = 0;
  for (
    const [, group] of Map.groupBy(
      rows,
      (r) => `${r.name} ${r.heartbeat_seconds}`,
    )
  ) {
    const { name, heartbeat_seconds } = group[0]!;
    const jobs = group.map(({ id, data }) => ({ id, data }) as NewJob);
    const leaseSeconds = Number(heartbeat_seconds);
    put += await putJobs(queue, name as string, jobs, { leaseSeconds });
  }
  return put;
}

/**
 * Cancels jobs. One that runs stops at its next step.
 *
 * @param queue Where.
 * @param which UUIDs, or all that wait, or all that wait or run.
 * @returns How many.
 *
 * @example Usage
 * ```ts
 * import { cancelJobs, openQueue } from "@edit-transfer/queue";
 * import process from "node:process";
 *
 * const address = process.env.EDIT_TRANSFER_QUEUE;
 * if (address !== undefined) {
 *   await using queue = await openQueue(address);
 *   await cancelJobs(queue, "waiting");
 * }
 * ```
 */
export async function cancelJobs(
  queue: Queue,
  which: readonly string[] | "waiting" | "all",
): Promise<number> {
  const ids = typeof which === "string" ? null : which;
  const rows = await queue.sql(
    `select name, array_agg(id::text) as ids from pgboss.job
      where state < $2::text::pgboss.job_state and source_id is null
        and name <> $3 and ($1::uuid[] is null or id = any($1::uuid[]))
      group by name`,
    [ids, which === "waiting" ? "active" : "completed", DEAD_LETTERS],
  );
  let count = 0;
  for (const { name, ids } of rows) {
    await engineOf(queue).cancel(name as string, ids as string[]);
    count += (ids as string[]).length;
  }
  return count;
}
