import { readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import process from "node:process";

/**
 * Takes an output folder for this process, until it is disposed.
 *
 * The lock is the system's, on `OUTPUT.lock`, so it ends with the process
 * however that ends; the file says whose it is, for the message only.
 *
 * @throws {Error} If another process holds the folder, or it cannot be written.
 */
export async function lockOutput(output: string): Promise<AsyncDisposable> {
  const path = `${output}.lock`;
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path, { create: true, read: true, write: true });
  } catch (cause) {
    const found = cause instanceof Deno.errors.NotFound
      ? "there is no such parent folder"
      : notWritable(cause)
      ? `the folder "${dirname(output)}" is not writable`
      : (cause as Error).message;
    throw new Error(`Cannot write "${output}": ${found}`, { cause });
  }
  if (!await file.tryLock(true)) {
    file.close();
    const holder = (await readFile(path, "utf8")).trim();
    throw new Error(
      `Cannot write "${output}" as one run at a time may write there: ${
        holder === "" ? "another process" : `process ${holder}`
      } holds it`,
    );
  }
  await file.truncate();
  await file.write(new TextEncoder().encode(`${process.pid}\n`));
  return {
    async [Symbol.asyncDispose]() {
      await rm(path, { force: true });
      file.close();
    },
  };
}

function notWritable(cause: unknown): boolean {
  const { code } = cause as { code?: string };
  return ["EACCES", "EPERM", "EROFS"].includes(code ?? "");
}
