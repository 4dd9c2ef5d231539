import type { Device } from "@edit-transfer/tensor";
import { hashFile } from "@edit-transfer/files";
import { tokenizerFiles } from "@edit-transfer/text";
import {
  readRows,
  weightFiles,
  type WeightSource,
} from "@edit-transfer/weights";
import { createHash, type Hash } from "node:crypto";
import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import pipelinePackage from "./deno.json" with { type: "json" };
import { deviceIdentity } from "./device_identity.ts";
import type { ModelFolder } from "./model_parts.ts";

const TOKENIZERS = [["tokenizer", "clip"], ["tokenizer_2", "t5"]] as const;
/** Rows of an array that count, evenly spread. */
const ROWS = 4;

/**
 * SHA-256 over what decides the text states of a prompt: tokenisers, configs,
 * names, shapes and types of CLIP's and T5's arrays, some rows of each, size
 * and times of their files, the device with its precision, and the version.
 *
 * Not all bytes are read, as that takes as long as loading them. A fine-tuned
 * encoder differs in the rows, and any other change shows in size or times, of
 * which that of the last change (`ctime`) cannot be put back.
 */
export async function encoderIdentity(
  { path, clip, t5 }: Pick<ModelFolder, "path" | "clip" | "t5">,
  device: Pick<Device, "kind" | "name" | "precision">,
): Promise<string> {
  const hash = createHash("sha256");
  const { version } = pipelinePackage;
  hash.update(JSON.stringify([version, deviceIdentity(device)]));
  for (const [part, kind] of TOKENIZERS) {
    const folder = join(path, part);
    for (const file of await tokenizerFiles(folder, { kind })) {
      hash.update(`${part}/${file} ${await hashFile(join(folder, file))}\n`);
    }
  }
  for (const { config, weights } of [clip, t5]) {
    hash.update(JSON.stringify(config));
    for (const file of await weightFiles(weights)) {
      const { size, mtimeMs, ctimeMs } = await stat(file);
      hash.update(`${basename(file)} ${size} ${mtimeMs} ${ctimeMs}\n`);
    }
    await addRows(hash, weights);
  }
  return hash.digest("hex");
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
