import { hashFile } from "@edit-transfer/files";
import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Folders of a model that make latents, text states, and everything. */
const PARTS = {
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
} as const;

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
 * SHA-256 over names and hashes of the files of a model that decide its output.
 *
 * Single files without a `model_index.json` may hold any part, and count for
 * all of them.
 *
 * @param path Folder, or the file of the transformer, which then counts too.
 * @param options See {@linkcode ModelHashOptions}.
 * @returns 64 hexadecimal digits.
 *
 * @throws {Error} If there is nothing at the path.
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
  const isFolder = (await stat(path)).isDirectory();
  const folder = isFolder ? path : dirname(path);
  const hash = createHash("sha256");
  const update = async (name: string) => {
    hash.update(`${name} ${await hashFile(join(folder, name))}\n`);
  };
  for (const part of PARTS[parts]) {
    const names = await readdir(join(folder, part)).catch(() => []);
    for (const name of names.sort()) {
      if (/\.(safetensors|json|txt)$/.test(name)) {
        await update(`${part}/${name}`);
      }
    }
  }
  const inside = await readdir(folder);
  if (!inside.includes("model_index.json")) {
    for (const name of inside.sort()) {
      if (/\.(safetensors|gguf)$/i.test(name)) await update(name);
    }
  }
  if (!isFolder) await update(basename(path));
  return hash.digest("hex");
}
