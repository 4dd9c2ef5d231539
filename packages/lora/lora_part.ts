import type { LayerUpdate, LoraFile } from "./lora_file.ts";
import { type ModelPart, partOf } from "./model_part.ts";

/**
 * What of a LoRA changes one part of a model, by the paths that the part has.
 *
 * @param file LoRA, from {@linkcode readLora}.
 * @param part Folder of the part in a model of diffusers.
 * @returns The updates; none if the LoRA leaves the part as it is.
 *
 * @example Usage
 * ```ts
 * import { loraPart, readLora } from "@edit-transfer/lora";
 * import { memoryWeights } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const one = { dtype: "F32" as const, shape: [1, 1], data: Float32Array.of(1) };
 * const file = await readLora(memoryWeights({
 *   "lora_te1_text_model_encoder_layers_0_mlp_fc1.lora_down.weight": one,
 *   "lora_te1_text_model_encoder_layers_0_mlp_fc1.lora_up.weight": one,
 * }));
 * assert.deepEqual([...loraPart(file, "text_encoder").layers.keys()], [
 *   "encoder.layers.0.mlp.fc1",
 * ]);
 * assert.equal(loraPart(file, "transformer").layers.size, 0);
 * ```
 */
export function loraPart(
  file: Pick<LoraFile, "path" | "layers">,
  part: ModelPart,
): Pick<LoraFile, "path" | "layers"> {
  const layers = new Map<string, LayerUpdate>();
  for (const [key, update] of file.layers) {
    const found = partOf(key);
    if (found.part === part) layers.set(found.path, update);
  }
  return { path: file.path, layers };
}
