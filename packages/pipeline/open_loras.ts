import {
  layerShapes,
  type LoraFile,
  type LoraMatch,
  readLora,
  requireMatch,
} from "@edit-transfer/lora";
import { openSafetensors } from "@edit-transfer/weights";
import type { ModelFolder } from "./model_parts.ts";

/** A LoRA file and how strongly it acts. */
export interface LoraChoice {
  /** Path of the safetensors file. */
  readonly path: string;
  /**
   * Factor of its branches.
   *
   * @default {1}
   */
  readonly scale?: number | undefined;
  /**
   * Leaves out layers that the model does not have, instead of refusing the
   * file.
   *
   * @default {false}
   */
  readonly allowUnmatched?: boolean | undefined;
}

/** A LoRA that was read, and what of it the model takes. */
export interface OpenedLora extends LoraFile {
  /** Factor of its branches. */
  readonly scale: number;
  /** Layers of the model that it changes, and what is left out. */
  readonly match: LoraMatch;
}

/**
 * Shapes of all that a LoRA can change in a model, by the keys of its layers.
 *
 * @param folder Model, from {@linkcode openModelFolder}; headers are read.
 * @returns Shapes of the transformer's layers by their path, and of those of the
 * text encoders with the folder of their part in front.
 *
 * @example Usage
 * ```ts
 * import { modelShapes, openModelFolder } from "@edit-transfer/pipeline";
 * import assert from "node:assert/strict";
 *
 * await using folder = await openModelFolder("models/micro");
 * const shapes = modelShapes(folder);
 * assert.deepEqual(shapes.get("x_embedder"), [192, 64]);
 * assert.ok(shapes.has("text_encoder.encoder.layers.0.mlp.fc1"));
 * ```
 */
export function modelShapes(
  folder: Pick<ModelFolder, "transformer" | "clip" | "t5">,
): ReadonlyMap<string, readonly number[]> {
  const { transformer, clip, t5 } = folder;
  const under = (prefix: string, { weights }: typeof clip | typeof t5) =>
    [...layerShapes(weights)].map(([path, shape]) =>
      [prefix + path, shape] as const
    );
  return new Map([
    ...layerShapes(transformer.weights),
    ...under("text_encoder.", clip),
    ...under("text_encoder_2.", t5),
  ]);
}

/** Reads LoRAs, and refuses one for another model before any weight is read. */
export async function openLoras(
  folder: ModelFolder,
  loras: readonly LoraChoice[],
): Promise<OpenedLora[]> {
  const shapes = modelShapes(folder);
  const opened: OpenedLora[] = [];
  for (const { path, scale = 1, allowUnmatched = false } of loras) {
    await using source = await openSafetensors(path);
    const file = await readLora(source);
    const match = requireMatch(shapes, {
      file,
      verb: "attach",
      allowUnmatched,
      flag: "--lora-allow-unmatched",
    });
    opened.push({ ...file, scale, match });
  }
  return opened;
}
