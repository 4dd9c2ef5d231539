import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";

/**
 * Takes a run's folder for this process, until it is disposed.
 *
 * The lock is the system's, on `run.lock`, so it ends with the process however
 * that ends; the file says whose it is, for the message only.
 *
 * @throws {Error} If another run holds the folder, or it cannot be written.
 */
export async function lockRun(folder: string): Promise<AsyncDisposable> {
  const path = join(folder, "run.lock");
  let file: Deno.FsFile;
  try {
    await mkdir(folder, { recursive: true });
    file = await Deno.open(path, { create: true, read: true, write: true });
  } catch (cause) {
    throw new Error(
      `Cannot train in "${folder}" as it must be a folder that can be written: ${
        (cause as Error).message
      }`,
      { cause },
    );
  }
  if (!await file.tryLock(true)) {
    file.close();
    const holder = (await readFile(path, "utf8")).trim();
    throw new Error(
      `Cannot train in "${folder}" as one run at a time may write there: ${
        holder === "" ? "another process" : `process ${holder}`
      } holds it`,
    );
  }
  await file.truncate();
  await file.write(new TextEncoder().encode(`${process.pid}\n`));
  return {
    async [Symbol.asyncDispose]() {
      await file.truncate();
      file.close();
    },
  };
}
