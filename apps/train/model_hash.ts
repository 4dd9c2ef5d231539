import { hashFile } from "@edit-transfer/weights";
import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Parts of a model folder that make latents, text states, and everything. */
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

/**
 * SHA-256 over names and hashes of all files of a model that decide its output.
 * Single files without a `model_index.json` may hold any part, and count for all.
 *
 * @param path Folder, or the file of the transformer.
 */
export async function modelHash(
  path: string,
  parts: keyof typeof PARTS,
): Promise<string> {
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
  if (!isFolder) hash.update(basename(path));
  return hash.digest("hex");
}
