import { appendFile } from "node:fs/promises";
import { writeFault } from "./write_fault.ts";

/**
 * Appends a value as a line of JSON to a file, which is made where it is missing.
 * Killed in between, a run leaves half a line at most, at the end.
 *
 * @param path Path of the file.
 * @param value Any value of JSON.
 *
 * @throws {Error} If the file cannot be written, or the disk is full.
 *
 * @example Usage
 * ```ts
 * import { appendLine } from "@edit-transfer/files";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(appendLine("none/a.jsonl", { id: 1 }), {
 *   message: 'Cannot write "none/a.jsonl": there is no folder "none"',
 * });
 * ```
 */
export async function appendLine(path: string, value: unknown): Promise<void> {
  try {
    await appendFile(path, `${JSON.stringify(value)}\n`);
  } catch (cause) {
    const fault = writeFault(path, cause);
    if (fault === undefined) throw cause;
    throw new Error(`Cannot write "${path}": ${fault}`, { cause });
  }
}
