import { type LoraMatrix, plainLayers, readLora } from "@edit-transfer/lora";
import { bf16ToF32, f16ToF32, openSafetensors } from "@edit-transfer/weights";
import { ConfigError } from "./config_error.ts";
import type { LoraValues } from "./lora_trainer_state.ts";

/** A LoRA that a run begins from. */
export interface PretrainedLora {
  /** Rank of all its layers. */
  readonly rank: number;
  /** Alpha of all its layers. */
  readonly alpha: number;
  /** Paths of its layers. */
  readonly layers: readonly string[];
  /** A and B of each layer, in f32. */
  readonly values: LoraValues;
}

/**
 * Reads a LoRA to begin a run from.
 *
 * @param path Its file, of any style that is read.
 * @returns The LoRA.
 *
 * @throws {ConfigError} If its layers differ in rank or alpha.
 * @throws {LoraError} If a layer is no plain LoRA of the transformer.
 * @throws {Error} If it cannot be read.
 *
 * @example Usage
 * ```ts
 * import { readPretrainedLora } from "@edit-transfer/training";
 * import assert from "node:assert/strict";
 *
 * const { rank } = await readPretrainedLora("models/micro/lora/edit_transfer.safetensors");
 * assert.equal(rank, 16);
 * ```
 */
export async function readPretrainedLora(
  path: string,
): Promise<PretrainedLora> {
  await using source = await openSafetensors(path);
  const plain = plainLayers(await readLora(source));
  const values: Record<string, Float32Array<ArrayBuffer>> = {};
  const strengths = new Set<string>();
  let [rank, alpha] = [0, 0];
  for (const [layer, { A, B, scaling }] of plain) {
    [rank, alpha] = [A.shape[0], scaling * A.shape[0]];
    strengths.add(`${rank} and ${alpha}`);
    values[`${layer}.lora_A.weight`] = wide(A);
    values[`${layer}.lora_B.weight`] = wide(B);
  }
  if (strengths.size !== 1) {
    throw new ConfigError(
      `Cannot begin from "${path}" as its layers must be of one rank and alpha: got ${
        [...strengths].slice(0, 4).join(", ") || "no layers"
      }`,
    );
  }
  const layers = [...plain.keys()];
  return { rank, alpha, layers, values };
}

/** Elements in f32. */
function wide({ dtype, data }: LoraMatrix): Float32Array<ArrayBuffer> {
  if (data instanceof Float32Array) return data;
  return dtype === "F16" ? f16ToF32(data) : bf16ToF32(data);
}
