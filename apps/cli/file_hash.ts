import { createHash } from "node:crypto";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";

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

/** SHA-256 over names and hashes of all files of a model that decide its output. */
export async function modelHash(folder: string): Promise<string> {
  const hash = createHash("sha256");
  const parts = [
    "scheduler",
    "text_encoder",
    "text_encoder_2",
    "tokenizer",
    "tokenizer_2",
    "transformer",
    "vae",
  ];
  for (const part of parts) {
    for (const name of (await readdir(join(folder, part))).sort()) {
      if (!/\.(safetensors|json|txt)$/.test(name)) continue;
      const one = await fileHash(join(folder, part, name));
      hash.update(`${part}/${name} ${one}\n`);
    }
  }
  return hash.digest("hex");
}
