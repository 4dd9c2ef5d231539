import { hashFile } from "@edit-transfer/dataset";
import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";

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

/** SHA-256 over names and hashes of all files of a model that decide its output. */
export async function modelHash(
  folder: string,
  parts: keyof typeof PARTS,
): Promise<string> {
  const hash = createHash("sha256");
  for (const part of PARTS[parts]) {
    for (const name of (await readdir(join(folder, part))).sort()) {
      if (!/\.(safetensors|json|txt)$/.test(name)) continue;
      const one = await hashFile(join(folder, part, name));
      hash.update(`${part}/${name} ${one}\n`);
    }
  }
  return hash.digest("hex");
}
