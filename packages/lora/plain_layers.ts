import { describeLayer } from "./describe_layer.ts";
import { LoraError } from "./lora_error.ts";
import type { LoraFile, LowRankUpdate } from "./lora_file.ts";

/**
 * Updates that training can go on from: A and B of the transformer's layers.
 *
 * @param file LoRA, from {@linkcode readLora}.
 * @returns The updates by the path of the layer.
 *
 * @throws {LoraError} If there are updates of other kinds, or of text encoders.
 *
 * @example Usage
 * ```ts
 * import { plainLayers } from "@edit-transfer/lora";
 * import assert from "node:assert/strict";
 *
 * const bias = { kind: "bias", bias: Float32Array.of(1) } as const;
 * assert.throws(
 *   () => plainLayers({ path: "a.safetensors", layers: new Map([["proj", bias]]) }),
 *   { name: "LoraError" },
 * );
 * ```
 */
export function plainLayers(
  file: Pick<LoraFile, "path" | "layers">,
): Map<string, LowRankUpdate> {
  const { path, layers } = file;
  const plain = new Map<string, LowRankUpdate>();
  for (const [key, update] of layers) {
    if (
      update.kind !== "lowRank" || update.bias !== undefined ||
      update.magnitude !== undefined || key.startsWith("text_encoder")
    ) {
      throw new LoraError(
        `Cannot train LoRA "${path}" as each of its layers must be a plain LoRA of the transformer: got ${
          describeLayer(update).kind
        } for "${key}"`,
        { path },
      );
    }
    plain.set(key, update);
  }
  return plain;
}
