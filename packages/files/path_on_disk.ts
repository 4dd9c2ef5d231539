import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Path under which a file is there. Names are compared in NFC, as some systems
 * and archives write `é` as two characters: the other form is the same name.
 *
 * @param path Path of a file or folder.
 * @returns The path as the disk has it; `path` itself where nothing is there.
 *
 * @example Usage
 * ```ts
 * import { pathOnDisk } from "@edit-transfer/files";
 * import assert from "node:assert/strict";
 *
 * assert.equal(await pathOnDisk("deno.json"), "deno.json");
 * ```
 */
export async function pathOnDisk(path: string): Promise<string> {
  if (/^[\0-\x7f]*$/.test(path) || await isThere(path)) return path;
  const folder = await pathOnDisk(dirname(path));
  const name = basename(path).normalize("NFC");
  const names = await readdir(folder).catch(() => []);
  const found = names.find((one) => one.normalize("NFC") === name);
  return found === undefined ? path : join(folder, found);
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(() => true, () => false);
}
