/**
 * The embedded model: a FLUX model folder of 12 MB that knows drawn figures.
 *
 * @example Usage
 * ```ts
 * import { microFolder } from "@edit-transfer/micro";
 * import assert from "node:assert/strict";
 * import { existsSync } from "node:fs";
 *
 * assert.ok(existsSync(`${await microFolder()}/model_index.json`));
 * ```
 *
 * @module
 */
import { cacheFolder } from "@edit-transfer/files";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fetchFiles } from "./fetch_files.ts";
import { FILES } from "./files.ts";

/**
 * Folder of the embedded model on this machine, in the layout of diffusers.
 *
 * A package that was loaded from files is this folder. One that was loaded by
 * an address of the web fetches the model's files once into the user's cache
 * folder; the hash of each is checked, and files that are there are used again.
 *
 * @returns Absolute path.
 *
 * @throws {Error} If a file cannot be fetched, or is not the one expected.
 *
 * @example Usage
 * ```ts
 * import { microFolder } from "@edit-transfer/micro";
 * import assert from "node:assert/strict";
 *
 * assert.match(await microFolder(), /micro$/);
 * ```
 */
export async function microFolder(): Promise<string> {
  const own = new URL(".", import.meta.url);
  if (own.protocol === "file:") return fileURLToPath(own).replace(/[\\/]$/, "");
  const version = createHash("sha256").update(JSON.stringify(FILES))
    .digest("hex").slice(0, 16);
  const cache = cacheFolder() ?? tmpdir();
  const folder = join(cache, "edit-transfer", `micro-${version}`);
  await fetchFiles(own, { files: FILES, folder });
  return folder;
}
