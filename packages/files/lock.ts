import { lstat, readFile, rm } from "node:fs/promises";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { holdFile } from "./held_file.ts";
import { writeFault } from "./write_fault.ts";

/** Bytes above which a file is none of ours. */
const MOST_BYTES = 64;

/** Milliseconds between two tries to take a lock. */
const INTERVAL_MS = 50;

/** Options of {@linkcode lock}. */
export interface LockOptions {
  /** What the lock is for, as in "Cannot write "out"". */
  readonly task: string;
  /**
   * Waits while another process holds the lock, until this signal aborts.
   *
   * @default {refused at once}
   */
  readonly wait?: AbortSignal | undefined;
}

/** Thrown when another process holds a lock. */
export class LockError extends Error {
  /** Always `"LockError"`. */
  override readonly name = "LockError";
}

/**
 * Lock of this process, until it is disposed, on a file that is made for it and
 * removed again.
 *
 * It is the system's, so it ends with the process however that ends; the file
 * holds the number of the process, for the message only. Deno alone has it.
 *
 * @param path Path of the file.
 * @param options See {@linkcode LockOptions}.
 * @returns The lock; dispose of it to let others in.
 *
 * @throws {LockError} If another holds it.
 * @throws {Error} If the file cannot be written, or another file is there.
 *
 * @example Usage
 * ```ts
 * import { lock } from "@edit-transfer/files";
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const folder = await mkdtemp(join(tmpdir(), "lock-"));
 * const path = join(folder, "out.lock");
 * {
 *   await using _held = await lock(path, { task: 'write "out"' });
 *   await assert.rejects(lock(path, { task: 'write "out"' }), /holds it/);
 * }
 * await rm(folder, { recursive: true });
 * ```
 */
export async function lock(
  path: string,
  options: LockOptions,
): Promise<AsyncDisposable> {
  const { task, wait } = options;
  for (;;) {
    const file = await holdLock(path, task);
    if (file !== undefined) {
      const free = async () => {
        await rm(path, { force: true });
        file.close();
      };
      try {
        await file.truncate();
        await file.write(new TextEncoder().encode(`${process.pid}\n`));
      } catch (cause) {
        await free();
        throw lockError(path, task, cause);
      }
      return { [Symbol.asyncDispose]: free };
    }
    if (wait === undefined) {
      const holder = (await readFile(path, "utf8").catch(() => "")).trim();
      throw new LockError(
        `Cannot ${task} as one run at a time may write there: ${
          holder === "" ? "another process" : `process ${holder}`
        } holds it`,
      );
    }
    wait.throwIfAborted();
    await setTimeout(INTERVAL_MS);
  }
}

/** The held file; undefined where another holds it. */
async function holdLock(
  path: string,
  task: string,
): Promise<Deno.FsFile | undefined> {
  const found = await lstat(path).catch(() => undefined);
  if (found !== undefined && !(found.isFile() && found.size <= MOST_BYTES)) {
    throw new Error(
      `Cannot ${task} as "${path}" must be free for its lock: got ${
        found.isFile() ? `a file of ${found.size} bytes` : "another thing"
      }`,
    );
  }
  try {
    return await holdFile(path);
  } catch (cause) {
    throw lockError(path, task, cause);
  }
}

function lockError(path: string, task: string, cause: unknown): Error {
  const fault = writeFault(path, cause) ?? (cause as Error).message;
  return new Error(`Cannot ${task}: ${fault}`, { cause });
}
