/**
 * Jobs for many machines on PostgreSQL, by pg-boss: put once, taken by one worker
 * at a time, taken again when a worker dies, cancelled from anywhere.
 *
 * @example Usage
 * ```ts
 * import { queueAddress } from "@edit-transfer/queue";
 * import assert from "node:assert/strict";
 *
 * const { shown } = queueAddress("postgres://me:secret@db.local:5433/edits");
 * assert.equal(shown, "postgres://me@db.local:5433/edits");
 * ```
 *
 * @module
 */
export { type Attempt, type AttemptOutcome, attemptsOf } from "./attempts.ts";
export * from "./database_store.ts";
export * from "./dashboard.ts";
export * from "./job_id.ts";
export * from "./job_rows.ts";
export {
  openQueue,
  type OpenQueueOptions,
  type Queue,
  type Row,
} from "./open_queue.ts";
export {
  cancelJobs,
  DEAD_LETTERS,
  LEASE_SECONDS,
  type NewJob,
  putJobs,
  type PutOptions,
  retryJobs,
  TRIES,
} from "./put_jobs.ts";
export * from "./queue_address.ts";
export * from "./queue_status.ts";
export * from "./server_gone.ts";
export * from "./work.ts";
