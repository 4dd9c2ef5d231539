import { backOff, TransientError } from "@edit-transfer/store";
import type { PgBoss } from "pg-boss";
import { queueAddress } from "./queue_address.ts";
import { isServerGone } from "./server_gone.ts";

/** Row of an answer. */
export type Row = Readonly<Record<string, unknown>>;

/** A queue that is connected. */
export interface Queue extends AsyncDisposable {
  /** Its address, without a secret. */
  readonly shown: string;
  /** Rows of a statement. */
  sql(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

/** Options of {@linkcode openQueue}. */
export interface OpenQueueOptions {
  /**
   * Name under which it stands in the list of workers.
   *
   * @default {not listed}
   */
  readonly worker?: string | undefined;
  /** While it is not aborted, a server that is gone is waited for. */
  readonly wait?: AbortSignal | undefined;
  /** Told of faults of the connection, which the engine mends itself. */
  readonly onFault?: ((error: Error) => void) | undefined;
}

/** The engine of each, which is no part of what others see. */
const engines = new WeakMap<Queue, PgBoss>();

/** The engine of a queue. */
export function engineOf(queue: Queue): PgBoss {
  return engines.get(queue)!;
}

/** Seconds between two looks for jobs whose workers have died. */
const WATCH_SECONDS = 5;

/** Seconds between two signs of a worker that it is there. */
const PRESENT_SECONDS = 10;

/** Tables of our own, beside those of the engine. */
const TABLES = `
  create schema if not exists edit_transfer;
  create table if not exists edit_transfer.attempt (
    job uuid not null,
    try int not null,
    worker text not null,
    started timestamptz not null default now(),
    ended timestamptz,
    outcome text,
    seen text
  );
  create index if not exists attempt_job on edit_transfer.attempt (job);
  create table if not exists edit_transfer.file (
    key text primary key,
    bytes bytea not null,
    written timestamptz not null default now()
  );`;

/**
 * Connects to a queue, whose tables are made if they are not there.
 *
 * @param address See {@linkcode queueAddress}.
 * @param options See {@linkcode OpenQueueOptions}.
 * @returns The queue.
 *
 * @throws {Error} If the server refuses, or is gone and not waited for.
 *
 * @example Usage
 * ```ts
 * import { openQueue } from "@edit-transfer/queue";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(openQueue("edits"), /must be like postgres:/);
 * ```
 */
export async function openQueue(
  address: string,
  options: OpenQueueOptions = {},
): Promise<Queue> {
  const { worker, wait, onFault } = options;
  const { connection, shown } = queueAddress(address);
  const { PgBoss } = await import("pg-boss");
  const connect = async (): Promise<PgBoss> => {
    const boss = new PgBoss({
      connectionString: connection,
      application_name: worker ?? "edit-transfer",
      max: 4,
      connectionTimeoutMillis: 10_000,
      schedule: false,
      useListenNotify: worker !== undefined,
      superviseIntervalSeconds: WATCH_SECONDS,
      monitorIntervalSeconds: WATCH_SECONDS,
      ...worker === undefined ? { supervise: false } : {
        registerInstance: true,
        instanceName: worker,
        instanceHeartbeatSeconds: PRESENT_SECONDS,
      },
    });
    boss.on("error", (error) => onFault?.(error));
    try {
      await boss.start();
      return boss;
    } catch (cause) {
      await boss.stop({ graceful: false }).catch(() => {});
      const { message, code } = cause as Error & { readonly code?: unknown };
      const fault = `Cannot open the queue ${shown}: ${
        message || String(code ?? "no answer")
      }`;
      throw isServerGone(cause)
        ? new TransientError(fault, { cause })
        : new Error(fault, { cause });
    }
  };
  const boss = await backOff(connect, {
    tries: wait === undefined ? 1 : Infinity,
    firstMs: 1000,
    longestMs: 10_000,
    signal: wait,
    onWait: (error) => onFault?.(error),
  });
  const sql = async (text: string, values: readonly unknown[] = []) => {
    const { rows } = await boss.getDb().executeSql(text, [...values]);
    return rows as readonly Row[];
  };
  const queue: Queue = {
    shown,
    sql,
    [Symbol.asyncDispose]: () => boss.stop({ graceful: false }),
  };
  engines.set(queue, boss);
  try {
    const [{ there }] = await sql(
      "select to_regclass('edit_transfer.file') is not null as there",
    ) as [Row];
    // several may come first at once: one makes the tables
    if (!there) {
      await sql(`begin; select pg_advisory_xact_lock(7301); ${TABLES}; commit`);
    }
    return queue;
  } catch (error) {
    await queue[Symbol.asyncDispose]();
    throw error;
  }
}
