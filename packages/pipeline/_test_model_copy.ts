import {
  openSafetensors,
  type TensorData,
  writeSafetensors,
} from "@edit-transfer/weights";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MICRO } from "./_test_single_files.ts";

const PARTS = [
  "model_index.json",
  "scheduler",
  "text_encoder",
  "text_encoder_2",
  "tokenizer",
  "tokenizer_2",
  "transformer",
  "vae",
];

/** Weights of the parts, by their path in the folder. */
export const WEIGHTS = {
  transformer: "transformer/diffusion_pytorch_model.safetensors",
  vae: "vae/diffusion_pytorch_model.safetensors",
  clip: "text_encoder/model.safetensors",
  t5: "text_encoder_2/model.safetensors",
} as const;

/** Calls `body` with a copy of the embedded model. */
export async function withCopy(
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "model-"));
  try {
    for (const part of PARTS) {
      await cp(join(MICRO, part), join(folder, part), { recursive: true });
    }
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Writes a JSON file again, changed. */
export async function editJson(
  path: string,
  change: (json: Record<string, unknown>) => void,
): Promise<void> {
  const json = JSON.parse(await readFile(path, "utf8"));
  change(json);
  await writeFile(path, JSON.stringify(json));
}

/** All arrays of a safetensors file. */
export async function readTensors(
  path: string,
): Promise<Record<string, TensorData>> {
  await using source = await openSafetensors(path);
  const tensors: Record<string, TensorData> = {};
  for (const name of source.names()) {
    const { dtype, shape } = source.info(name);
    tensors[name] = { dtype, shape, data: await source.read(name) };
  }
  return tensors;
}

/** Writes a safetensors file again, changed. */
export async function editWeights(
  path: string,
  change: (tensors: Record<string, TensorData>) => void,
): Promise<void> {
  const tensors = await readTensors(path);
  change(tensors);
  await writeSafetensors(path, tensors);
}
