import { exists } from "@edit-transfer/files";
import { tokenizerFiles } from "@edit-transfer/text";
import { weightFiles } from "@edit-transfer/weights";
import { join, relative, sep } from "node:path";
import type { Component, ModelFolder } from "./model_parts.ts";

/** Files of a model by the folder of diffusers that holds what they hold. */
export type ModelFiles = Readonly<
  Record<
    | "scheduler"
    | "text_encoder"
    | "text_encoder_2"
    | "tokenizer"
    | "tokenizer_2"
    | "transformer"
    | "vae",
    readonly string[]
  >
>;

/**
 * Files that decide what a model makes of its inputs: those that it is read
 * from, and none that lie beside them.
 *
 * @param model An open model.
 * @returns Their paths below the model's folder, with `/`, sorted in each part.
 *
 * @example Usage
 * ```ts
 * import { modelFiles, openModelFolder } from "@edit-transfer/pipeline";
 * import assert from "node:assert/strict";
 *
 * await using model = await openModelFolder("models/micro");
 * assert.deepEqual((await modelFiles(model)).vae, [
 *   "vae/config.json", "vae/diffusion_pytorch_model.safetensors",
 * ]);
 * ```
 */
export async function modelFiles(model: ModelFolder): Promise<ModelFiles> {
  const { path, clip, t5, vae, transformer } = model;
  const ifThere = async (name: string) =>
    await exists(join(path, name)) ? [name] : [];
  const part = async (folder: string, { weights }: Component<unknown>) => {
    const files = (await weightFiles(weights)).map((file) =>
      relative(path, file).replaceAll(sep, "/")
    );
    return [...await ifThere(`${folder}/config.json`), ...files].sort();
  };
  const words = async (folder: string, kind: "clip" | "t5") =>
    (await tokenizerFiles(join(path, folder), { kind })).map((name) =>
      `${folder}/${name}`
    );
  return {
    scheduler: await ifThere("scheduler/scheduler_config.json"),
    text_encoder: await part("text_encoder", clip),
    text_encoder_2: await part("text_encoder_2", t5),
    tokenizer: await words("tokenizer", "clip"),
    tokenizer_2: await words("tokenizer_2", "t5"),
    transformer: await part("transformer", transformer),
    vae: await part("vae", vae),
  };
}
