import { readFile, rm } from "node:fs/promises";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { writeFault } from "./write_fault.ts";

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
 * @throws {Error} If the file cannot be written.
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
    const file = await tryLock(path, task);
    if (file !== undefined) {
      await file.truncate();
      await file.write(new TextEncoder().encode(`${process.pid}\n`));
      return {
        async [Symbol.asyncDispose]() {
          await rm(path, { force: true });
          file.close();
        },
      };
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

/** The locked file; undefined where another holds it. */
async function tryLock(
  path: string,
  task: string,
): Promise<Deno.FsFile | undefined> {
  for (;;) {
    let file: Deno.FsFile;
    try {
      file = await Deno.open(path, { create: true, read: true, write: true });
    } catch (cause) {
      const fault = writeFault(path, cause) ?? (cause as Error).message;
      throw new Error(`Cannot ${task}: ${fault}`, { cause });
    }
    if (!await file.tryLock(true)) {
      file.close();
      return undefined;
    }
    if (await isAt(path, file)) return file;
    file.close(); // its last holder has removed it meanwhile
  }
}

/** Whether an open file is still the one at its path. */
async function isAt(path: string, file: Deno.FsFile): Promise<boolean> {
  const found = await Deno.stat(path).catch(() => undefined);
  return found !== undefined && found.ino === (await file.stat()).ino;
}
