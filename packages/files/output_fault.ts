import { stat } from "node:fs/promises";
import { kindFault } from "./open_ordinary.ts";

/**
 * Why no file can be written in place of what is at a path: a folder, a device,
 * a pipe, a socket, or a link to one.
 *
 * @param path Path of the file that would be written.
 * @returns The end of a sentence; undefined where nothing is there, or an
 * ordinary file.
 *
 * @example Usage
 * ```ts
 * import { outputFault } from "@edit-transfer/files";
 * import assert from "node:assert/strict";
 *
 * assert.equal(await outputFault("deno.json"), undefined);
 * assert.equal(
 *   await outputFault("/dev/null"),
 *   "it must be an ordinary file, and is a device",
 * );
 * ```
 */
export async function outputFault(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found && kindFault(found);
}
