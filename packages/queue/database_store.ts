import { type ByteStore, checkKey, TransientError } from "@edit-transfer/store";
import { Buffer } from "node:buffer";
import type { Queue } from "./open_queue.ts";
import { isServerGone } from "./server_gone.ts";

/**
 * Files in the queue's own database, where nobody names another place for them.
 *
 * @param queue The queue.
 * @returns The store.
 *
 * @example Usage
 * ```ts
 * import { databaseStore } from "@edit-transfer/queue";
 * import assert from "node:assert/strict";
 *
 * const store = databaseStore({
 *   shown: "postgres://host/edits",
 *   sql: () => Promise.resolve([{ bytes: Uint8Array.of(1, 2) }]),
 * });
 * assert.deepEqual(await store.read("inputs/a.png"), Uint8Array.of(1, 2));
 * ```
 */
export function databaseStore(
  queue: Pick<Queue, "sql" | "shown">,
): ByteStore {
  const ask = async (text: string, values: readonly unknown[]) => {
    try {
      return await queue.sql(text, values);
    } catch (cause) {
      if (!isServerGone(cause)) throw cause;
      throw new TransientError(`Cannot reach the store in ${queue.shown}`, {
        cause,
      });
    }
  };
  return {
    address: queue.shown,
    async read(key) {
      const [row] = await ask(
        "select bytes from edit_transfer.file where key = $1",
        [checkKey(key)],
      );
      return row && new Uint8Array(row.bytes as Uint8Array);
    },
    async has(key) {
      const rows = await ask(
        "select 1 from edit_transfer.file where key = $1",
        [checkKey(key)],
      );
      return rows.length > 0;
    },
    async write(key, bytes) {
      await ask(
        `insert into edit_transfer.file (key, bytes) values ($1, $2)
         on conflict do nothing`,
        [checkKey(key), Buffer.from(bytes)],
      );
    },
  };
}
