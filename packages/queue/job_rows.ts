import type { Queue } from "./open_queue.ts";

/** How far a job is, in the engine's words. */
export type JobState =
  | "created"
  | "retry"
  | "active"
  | "completed"
  | "cancelled"
  | "failed";

/** A job as the queue has it. */
export interface JobRow {
  /** Its UUID. */
  readonly id: string;
  /** Its queue. */
  readonly name: string;
  /** How far it is. */
  readonly state: JobState;
  /** Tries before this one. */
  readonly retries: number;
  /** What a worker gave back, or how the last try failed. */
  readonly output: Readonly<Record<string, unknown>> | undefined;
}

/** A job with all that is known of it. */
export interface JobDetails extends JobRow {
  /** What is to be done. */
  readonly data: Readonly<Record<string, unknown>>;
  /** When it was put. */
  readonly created: Date;
  /** When its last try began. */
  readonly started: Date | undefined;
  /** When it ended for good. */
  readonly ended: Date | undefined;
}

/** Jobs that are asked for at once. */
const AT_ONCE = 2000;

/**
 * Jobs by identity; those that the queue does not know are left out.
 *
 * @param queue The queue.
 * @param ids UUIDs.
 * @returns Rows by UUID.
 *
 * @example Usage
 * ```ts
 * import { jobId, jobRows } from "@edit-transfer/queue";
 * import assert from "node:assert/strict";
 *
 * const id = jobId({ edit: "a" });
 * const row = { id, name: "edits", state: "active", retries: 0 };
 * const rows = await jobRows({ sql: () => Promise.resolve([row]) }, [id]);
 * assert.equal(rows.get(id)!.state, "active");
 * ```
 */
export async function jobRows(
  queue: Pick<Queue, "sql">,
  ids: readonly string[],
): Promise<Map<string, JobRow>> {
  const found = new Map<string, JobRow>();
  for (let i = 0; i < ids.length; i += AT_ONCE) {
    const rows = await queue.sql(
      `select id, name, state::text, retry_count as retries, output
         from pgboss.job where id = any($1::uuid[]) and source_id is null`,
      [ids.slice(i, i + AT_ONCE)],
    );
    for (const row of rows) found.set(row.id as string, rowOf(row));
  }
  return found;
}

/**
 * Jobs whose identity begins so, with all that is known of them.
 *
 * @param queue The queue.
 * @param start First digits of a UUID.
 * @returns At most two.
 *
 * @example Usage
 * ```ts
 * import { findJobs } from "@edit-transfer/queue";
 * import assert from "node:assert/strict";
 *
 * const queue = { sql: () => Promise.resolve([]) };
 * assert.deepEqual(await findJobs(queue, "315bb7"), []);
 * ```
 */
export async function findJobs(
  queue: Pick<Queue, "sql">,
  start: string,
): Promise<JobDetails[]> {
  const rows = await queue.sql(
    `select id, name, state::text, retry_count as retries, output, data,
            created_on, started_on, completed_on
       from pgboss.job
      where id::text like $1 and source_id is null limit 2`,
    [`${start.toLowerCase().replace(/[^0-9a-f-]/g, "!")}%`],
  );
  return rows.map((row) => ({
    ...rowOf(row),
    data: (row.data ?? {}) as JobDetails["data"],
    created: row.created_on as Date,
    started: (row.started_on ?? undefined) as Date | undefined,
    ended: (row.completed_on ?? undefined) as Date | undefined,
  }));
}

function rowOf(row: Readonly<Record<string, unknown>>): JobRow {
  return {
    id: row.id as string,
    name: row.name as string,
    state: row.state as JobState,
    retries: Number(row.retries),
    output: (row.output ?? undefined) as JobRow["output"],
  };
}
