import type { JobState } from "./job_rows.ts";
import { engineOf, type Queue } from "./open_queue.ts";
import { DEAD_LETTERS } from "./put_jobs.ts";

/** Jobs of one queue, counted. */
export interface QueueCounts {
  /** Its name. */
  readonly name: string;
  /** Jobs that no worker has yet. */
  readonly waiting: number;
  /** Of them, those that failed before and are tried again. */
  readonly retrying: number;
  /** Jobs that a worker has. */
  readonly running: number;
  /** Jobs that are done. */
  readonly done: number;
  /** Jobs that failed for good. */
  readonly failed: number;
  /** Jobs that were cancelled. */
  readonly cancelled: number;
  /** Seconds that the oldest waiting job has waited. */
  readonly oldestSeconds: number | undefined;
  /** Workers that take these jobs. */
  readonly workers: readonly string[];
}

/** A queue as a whole. */
export interface QueueStatus {
  /** Counts by queue. */
  readonly queues: readonly QueueCounts[];
  /** Jobs that failed for good and what was seen, the newest first. */
  readonly deadLetters: readonly {
    readonly job: string;
    readonly queue: string;
    readonly seen: string;
  }[];
  /** Names of the workers that are there. */
  readonly workers: readonly string[];
}

/** Dead letters that are told. */
const TOLD = 20;

/**
 * How many jobs are where, who works, and what failed.
 *
 * @param queue The queue.
 * @returns See {@linkcode QueueStatus}.
 *
 * @example Usage
 * ```ts
 * import { openQueue, queueStatus } from "@edit-transfer/queue";
 * import process from "node:process";
 *
 * const address = process.env.EDIT_TRANSFER_QUEUE;
 * if (address !== undefined) {
 *   await using queue = await openQueue(address);
 *   const { queues } = await queueStatus(queue);
 *   for (const { name, waiting } of queues) console.log(name, waiting);
 * }
 * ```
 */
export async function queueStatus(queue: Queue): Promise<QueueStatus> {
  const instances = await engineOf(queue).getInstances({ limit: 10_000 });
  const live = instances.filter((one) => one.live && one.name !== null);
  const rows = await queue.sql(
    `select q.name, j.state::text, count(j.id)::int as jobs,
            extract(epoch from now() - min(j.created_on)) as oldest
       from pgboss.queue q left join pgboss.job j on j.name = q.name
      where q.name like 'edit-transfer.%' and q.name <> $1
      group by q.name, j.state order by q.name`,
    [DEAD_LETTERS],
  );
  const queues = [...Map.groupBy(rows, ({ name }) => name as string)].map(
    ([name, group]): QueueCounts => {
      const of = (...states: JobState[]) =>
        group.filter((row) => states.includes(row.state as JobState));
      const count = (...states: JobState[]) =>
        of(...states).reduce((sum, row) => sum + Number(row.jobs), 0);
      const ages = of("created", "retry").map((row) => Number(row.oldest));
      return {
        name,
        waiting: count("created", "retry"),
        retrying: count("retry"),
        running: count("active"),
        done: count("completed"),
        failed: count("failed"),
        cancelled: count("cancelled"),
        oldestSeconds: ages.length === 0 ? undefined : Math.max(...ages),
        workers: live.filter(({ workers }) =>
          workers.some((one) => one.queue === name)
        ).map((one) => one.name!),
      };
    },
  );
  const dead = await queue.sql(
    `select id, name, output from pgboss.job
      where state = 'failed' and source_id is null and name <> $1
      order by completed_on desc limit ${TOLD}`,
    [DEAD_LETTERS],
  );
  return {
    queues,
    deadLetters: dead.map(({ id, name, output }) => ({
      job: id as string,
      queue: name as string,
      seen: seenIn(output),
    })),
    workers: live.map((one) => one.name!),
  };
}

/**
 * What was seen of a try that failed, from the output of its job.
 *
 * @param output Output, in whatever form.
 * @returns One sentence.
 *
 * @example Usage
 * ```ts
 * import { seenIn } from "@edit-transfer/queue";
 * import assert from "node:assert/strict";
 *
 * assert.equal(seenIn({ message: "Cannot decode" }), "Cannot decode");
 * ```
 */
export function seenIn(output: unknown): string {
  const { value, message } = (output ?? {}) as Record<string, unknown>;
  if (typeof message === "string") return message;
  if (value !== undefined && value !== null) {
    return typeof value === "object" ? seenIn(value) : String(value);
  }
  return "nothing was said";
}
