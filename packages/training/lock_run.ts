import { lock } from "@edit-transfer/files";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

/**
 * Takes a run's folder for this process, until it is disposed.
 *
 * @throws {LockError} If another run holds the folder.
 * @throws {Error} If it cannot be written.
 */
export async function lockRun(folder: string): Promise<AsyncDisposable> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new Error(
      `Cannot train in "${folder}" as it must be a folder that can be written: ${
        (cause as Error).message
      }`,
      { cause },
    );
  }
  return await lock(join(folder, "run.lock"), { task: `train in "${folder}"` });
}
