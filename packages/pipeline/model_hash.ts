import { hashFile } from "@edit-transfer/files";
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { type ModelFiles, modelFiles } from "./model_files.ts";
import { openModelFolder } from "./model_folder.ts";

/** Parts of a model that make latents, text states, and everything. */
const PARTS: Readonly<
  Record<"latents" | "text" | "all", readonly (keyof ModelFiles)[]>
> = {
  latents: ["vae"],
  text: ["text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2"],
  all: [
    "scheduler",
    "text_encoder",
    "text_encoder_2",
    "tokenizer",
    "tokenizer_2",
    "transformer",
    "vae",
  ],
};

/** Options of {@linkcode modelHash}. */
export interface ModelHashOptions {
  /**
   * What the hash is of: what makes latents, text states, or everything.
   *
   * @default {"all"}
   */
  readonly parts?: "latents" | "text" | "all" | undefined;
}

/**
 * SHA-256 over names and hashes of the files that a model is read from, which
 * decide its output; not of what lies beside them.
 *
 * @param path Model folder, or the file of the transformer, which then counts
 * twice.
 * @param options See {@linkcode ModelHashOptions}.
 * @returns 64 hexadecimal digits.
 *
 * @throws {Error} If there is no model that can be used at the path.
 *
 * @example Usage
 * ```ts
 * import { modelHash } from "@edit-transfer/pipeline";
 * import assert from "node:assert/strict";
 *
 * const latents = await modelHash("models/micro", { parts: "latents" });
 * assert.match(latents, /^[0-9a-f]{64}$/);
 * assert.notEqual(latents, await modelHash("models/micro"));
 * ```
 */
export async function modelHash(
  path: string,
  options: ModelHashOptions = {},
): Promise<string> {
  const { parts = "all" } = options;
  await using model = await openModelFolder(path);
  const files = await modelFiles(model);
  const hash = createHash("sha256");
  const update = async (name: string) => {
    hash.update(`${name} ${await hashFile(join(model.path, name))}\n`);
  };
  // files in the folders of parts, then those of all parts beside each other
  const used = [...new Set(PARTS[parts].flatMap((part) => files[part]))];
  for (const name of used.filter((name) => name.includes("/"))) {
    await update(name);
  }
  for (const name of used.filter((name) => !name.includes("/")).sort()) {
    await update(name);
  }
  if ((await stat(path)).isFile()) await update(basename(path));
  return hash.digest("hex");
}
