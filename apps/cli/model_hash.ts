import { hashFile } from "@edit-transfer/weights";
import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Folders of a model whose files decide its output. */
const PARTS = [
  "scheduler",
  "text_encoder",
  "text_encoder_2",
  "tokenizer",
  "tokenizer_2",
  "transformer",
  "vae",
];

/**
 * SHA-256 over names and hashes of all files of a model that decide its output.
 *
 * @param path Folder, or the file of the transformer, which is then hashed as
 * the last one too.
 */
export async function modelHash(path: string): Promise<string> {
  const isFolder = (await stat(path)).isDirectory();
  const folder = isFolder ? path : dirname(path);
  const hash = createHash("sha256");
  const update = async (name: string) => {
    hash.update(`${name} ${await hashFile(join(folder, name))}\n`);
  };
  for (const part of PARTS) {
    const names = await readdir(join(folder, part)).catch(() => []);
    for (const name of names.sort()) {
      if (!/\.(safetensors|json|txt)$/.test(name)) continue;
      await update(`${part}/${name}`);
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
