import type { Queue } from "./open_queue.ts";

/** A try of a job, as it is kept. */
export interface Attempt {
  /** Number of the try, from 1. */
  readonly number: number;
  /** Who made it. */
  readonly worker: string;
  /** When it began. */
  readonly started: Date;
  /** When it ended; undefined where nobody said so. */
  readonly ended: Date | undefined;
  /** What came of it. */
  readonly outcome: AttemptOutcome | undefined;
  /** What was seen, of one that failed. */
  readonly seen: string | undefined;
}

/** What came of a try. */
export type AttemptOutcome = "done" | "failed" | "retry" | "stopped";

/** Which try of which job, and whose. */
export interface AttemptKey {
  /** UUID of the job. */
  readonly job: string;
  /** Number of the try, from 1. */
  readonly try: number;
  /** Who makes it. */
  readonly worker: string;
}

/**
 * Notes that a try begins.
 *
 * @param queue Where.
 * @param key See {@linkcode AttemptKey}.
 */
export async function beginAttempt(
  queue: Pick<Queue, "sql">,
  key: AttemptKey,
): Promise<void> {
  await queue.sql(
    `insert into edit_transfer.attempt (job, try, worker) values ($1, $2, $3)`,
    [key.job, key.try, key.worker],
  );
}

/**
 * Notes what came of a try.
 *
 * @param queue Where.
 * @param end The try, what came of it, and what was seen if it failed.
 */
export async function endAttempt(
  queue: Pick<Queue, "sql">,
  end: AttemptKey & {
    readonly outcome: AttemptOutcome;
    readonly seen?: string | undefined;
  },
): Promise<void> {
  await queue.sql(
    `update edit_transfer.attempt set ended = now(), outcome = $4, seen = $5
      where job = $1 and try = $2 and worker = $3 and ended is null`,
    [end.job, end.try, end.worker, end.outcome, end.seen ?? null],
  );
}

/**
 * All tries of a job, in order.
 *
 * @param queue Where.
 * @param job UUID of the job.
 * @returns The tries.
 *
 * @example Usage
 * ```ts
 * import { attemptsOf } from "@edit-transfer/queue";
 * import assert from "node:assert/strict";
 *
 * const row = { number: 1, worker: "a", started: new Date() };
 * const queue = { sql: () => Promise.resolve([row]) };
 * const [first] = await attemptsOf(queue, "315bb781-965f-889d-bca0-a48be50d68e0");
 * assert.equal(first!.outcome, undefined); // nobody said how it ended
 * ```
 */
export async function attemptsOf(
  queue: Pick<Queue, "sql">,
  job: string,
): Promise<Attempt[]> {
  const rows = await queue.sql(
    `select try as number, worker, started, ended, outcome, seen
       from edit_transfer.attempt where job = $1 order by started`,
    [job],
  );
  return rows.map((row) => ({
    number: Number(row.number),
    worker: row.worker as string,
    started: row.started as Date,
    ended: (row.ended ?? undefined) as Date | undefined,
    outcome: (row.outcome ?? undefined) as AttemptOutcome | undefined,
    seen: (row.seen ?? undefined) as string | undefined,
  }));
}
