import { exists, hashFile } from "@edit-transfer/files";
import { tokenizerFiles } from "@edit-transfer/text";
import { weightFiles } from "@edit-transfer/weights";
import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import type { ClipFolder } from "./clip_folder.ts";

/**
 * SHA-256 over names and hashes of the files that decide a model's features, see
 * {@linkcode hashFile}: of weights beyond 256 MiB, of their size and both ends.
 *
 * @param folder An open model.
 * @returns 64 hexadecimal digits.
 *
 * @throws {Error} If a file cannot be read any more.
 *
 * @example Usage
 * ```ts
 * import { clipHash, openClipFolder } from "@edit-transfer/clip";
 * import assert from "node:assert/strict";
 *
 * await using folder = await openClipFolder("fixtures/goldens/clip/vit_l");
 * assert.match(await clipHash(folder), /^[0-9a-f]{64}$/);
 * ```
 */
export async function clipHash(folder: ClipFolder): Promise<string> {
  const { path, processor, weights } = folder;
  const hash = createHash("sha256");
  const own = [join(path, "config.json"), ...await weightFiles(weights)];
  const prepares = [
    "preprocessor_config.json",
    "processor_config.json",
    ...await tokenizerFiles(processor, { kind: "clip" }),
  ].map((name) => join(processor, name));
  for (const file of [...own, ...prepares]) {
    if (!await exists(file)) continue;
    hash.update(`${basename(file)} ${await hashFile(file)}\n`);
  }
  return hash.digest("hex");
}
