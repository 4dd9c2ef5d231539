import { pathOnDisk } from "@edit-transfer/files";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { readCompositeFolder } from "./composite_folder.ts";
import { DatasetError } from "./dataset_error.ts";
import type { Manifest, ReadManifestOptions } from "./manifest.ts";
import { readPairsFile } from "./pairs_file.ts";

/**
 * Lists the tasks of a data set: a folder of four-panel pictures `NNNN.png`
 * with captions `NNNN.txt`; a folder with `pairs.jsonl` or `cases.jsonl`; or
 * such a file.
 *
 * A line of `pairs.jsonl` has `before`, `after`, `query`, `target` (paths from
 * the file's folder) and `caption` or `edit`. One of `cases.jsonl` has `id` and
 * `caption`, its pictures are `id/{source,edited,query,target}.png`.
 *
 * @param name Folder or file.
 * @param options See {@linkcode ReadManifestOptions}.
 * @returns The tasks, sorted by file name or in the order of the lines.
 *
 * @throws {DatasetError} If there is nothing, a caption or picture is missing,
 * or a line is malformed.
 *
 * @example Usage
 * ```ts
 * import { readManifest } from "@edit-transfer/dataset";
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const folder = await mkdtemp(join(tmpdir(), "dataset-"));
 * await writeFile(join(folder, "0001.png"), "");
 * await assert.rejects(readManifest(folder), /0001\.png has no caption/);
 * await writeFile(join(folder, "0001.txt"), "smiling");
 * assert.equal((await readManifest(folder)).items[0]?.caption, "smiling");
 * await rm(folder, { recursive: true });
 * ```
 */
export async function readManifest(
  name: string,
  options: ReadManifestOptions = {},
): Promise<Manifest> {
  const path = await pathOnDisk(name);
  const found = await kindOf(path);
  if (found === "nothing") {
    throw new DatasetError(`Data set not found: "${path}"`, { path });
  }
  if (found === "file") return await readPairsFile(path, options);
  for (const name of ["pairs.jsonl", "cases.jsonl"]) {
    const file = join(path, name);
    if (await kindOf(file) === "file") {
      return await readPairsFile(file, options);
    }
  }
  return await readCompositeFolder(path, options);
}

async function kindOf(path: string): Promise<"file" | "folder" | "nothing"> {
  try {
    return (await stat(path)).isDirectory() ? "folder" : "file";
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return "nothing";
    throw new DatasetError(`Cannot read data set "${path}": ${message}`, {
      path,
      cause,
    });
  }
}
