import { createHash } from "node:crypto";
import { open, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Bytes of a file that are hashed whole; of larger ones, both ends. */
const WHOLE = 256 * 2 ** 20;
const END = 2 ** 20;

/**
 * SHA-256 of a file. Of more than 256 MiB, only its size, first and last MiB are
 * hashed, and the hash begins with `ends:`.
 */
export async function fileHash(path: string): Promise<string> {
  await using file = await open(path, "r");
  const { size } = await file.stat();
  const hash = createHash("sha256");
  const update = async (start: number, end: number) => {
    const chunk = new Uint8Array(4 * END);
    for (let at = start; at < end;) {
      const length = Math.min(chunk.length, end - at);
      const { bytesRead } = await file.read(chunk, 0, length, at);
      if (bytesRead === 0) break;
      hash.update(chunk.subarray(0, bytesRead));
      at += bytesRead;
    }
  };
  if (size <= WHOLE) {
    await update(0, size);
    return hash.digest("hex");
  }
  hash.update(String(size));
  await update(0, END);
  await update(size - END, size);
  return `ends:${hash.digest("hex")}`;
}

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
    hash.update(`${name} ${await fileHash(join(folder, name))}\n`);
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
