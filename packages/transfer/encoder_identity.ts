import type { Device } from "@edit-transfer/tensor";
import { hashFile, readRows, type WeightSource } from "@edit-transfer/weights";
import { createHash, type Hash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ModelFolder } from "./model_folder.ts";

/** Changes whenever the same encoders would give other bytes. */
const NUMERICS = 1;
/** Rows of an array that count, evenly spread. */
const ROWS = 4;

/**
 * SHA-256 over what decides the text states of a prompt: tokenisers, configs,
 * names, shapes and types of CLIP's and T5's arrays, some rows of each, size
 * and time of their files, and the device.
 *
 * Not all bytes are read, as that takes as long as loading them. A fine-tuned
 * encoder differs in the rows, and any other file in size or time.
 */
export async function encoderIdentity(
  { path, clip, t5 }: Pick<ModelFolder, "path" | "clip" | "t5">,
  { kind, name }: Pick<Device, "kind" | "name">,
): Promise<string> {
  const hash = createHash("sha256");
  hash.update(JSON.stringify([NUMERICS, kind, name]));
  for (const part of ["tokenizer", "tokenizer_2"]) {
    for (const file of (await readdir(join(path, part))).sort()) {
      hash.update(
        `${part}/${file} ${await hashFile(join(path, part, file))}\n`,
      );
    }
  }
  for (const { config, weights } of [clip, t5]) {
    hash.update(JSON.stringify(config));
    for (const line of await filesOf(weights.path)) hash.update(line);
    await addRows(hash, weights);
  }
  return hash.digest("hex");
}

/** Sizes and times of a file, or of the weight files in a folder. */
async function filesOf(path: string): Promise<string[]> {
  const isFolder = (await stat(path)).isDirectory();
  const names = isFolder ? (await readdir(path)).sort() : [""];
  const lines: string[] = [];
  for (const name of names) {
    const { size, mtimeMs } = await stat(join(path, name));
    lines.push(`${name} ${size} ${mtimeMs}\n`);
  }
  return lines;
}

async function addRows(hash: Hash, weights: WeightSource): Promise<void> {
  for (const name of [...weights.names()].sort()) {
    const { dtype, shape, stored } = weights.info(name);
    hash.update(JSON.stringify([name, dtype, shape, stored]));
    const [rows] = shape;
    if (rows === undefined || shape.length === 1) {
      hash.update(await weights.read(name));
      continue;
    }
    for (let k = 0; k < ROWS; k++) {
      const start = Math.round(k / (ROWS - 1) * (rows - 1));
      hash.update(await readRows(weights, name, { start, end: start + 1 }));
    }
  }
}
