import { writeSafetensors } from "@edit-transfer/weights";
import { adapterMetadata } from "./_adapter_metadata.ts";
import { type Training, trainingMetadata } from "./training.ts";
import type { LoraFile, LoraMatrix } from "./lora_file.ts";
import type { LoraStyle } from "./lora_style.ts";
import { loraTensors } from "./lora_tensors.ts";

/** Options of {@linkcode saveLora}. */
export interface SaveLoraOptions {
  /**
   * Type of all matrices.
   *
   * @default {the type they have}
   */
  readonly dtype?: LoraMatrix["dtype"] | undefined;
  /**
   * Whose names to use.
   *
   * @default {"peft"}
   */
  readonly style?: LoraStyle | undefined;
  /**
   * How it was trained; written so that {@linkcode readLora} finds it.
   *
   * @default {nothing}
   */
  readonly training?: Partial<Training> | undefined;
  /**
   * More free text.
   *
   * @default {{}}
   */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/**
 * Writes a LoRA as a safetensors file, whole or not at all.
 *
 * In the `peft` style diffusers, ComfyUI and PEFT read it: the config of PEFT is
 * in the metadata where every alpha is the rank; otherwise each layer has an
 * `alpha`, which all three know. In the styles of fused modules, layers that do
 * not share A become block-sparse modules, which are split again on reading;
 * the values stay the same to the bit where the layers of a module have one
 * alpha / r. `xlabs` has no alpha, so B is multiplied by alpha / r. LoHa, LoKr,
 * whole differences and biases alone have names in `kohya` and `bfl`, magnitudes
 * and gains of norms in `peft` too.
 *
 * Source: `_save_lora_weights` of huggingface/diffusers 0.42.1,
 * loaders/lora_base.py.
 *
 * @param path File to write; one that exists is replaced.
 * @param lora LoRA, read or trained.
 * @param options See {@linkcode SaveLoraOptions}.
 * @returns When the file is on disk.
 *
 * @throws {LoraError} If a value is not finite, or too large for the type, or a
 * layer has no name in the style.
 * @throws {Error} If the file cannot be written.
 *
 * @example Usage
 * ```ts
 * import { readLora, saveLora } from "@edit-transfer/lora";
 * import { memoryWeights, openSafetensors } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const data = Float32Array.of(1, 2, 3, 4);
 * const lora = await readLora(memoryWeights({
 *   "transformer_blocks.0.attn.to_q.lora_A.weight": { dtype: "F32", shape: [1, 4], data },
 *   "transformer_blocks.0.attn.to_q.lora_B.weight": { dtype: "F32", shape: [4, 1], data },
 * }));
 *
 * const folder = await mkdtemp(join(tmpdir(), "lora-"));
 * const path = join(folder, "kohya.safetensors");
 * await saveLora(path, lora, { style: "kohya", training: { step: 100 } });
 * {
 *   await using source = await openSafetensors(path);
 *   const read = await readLora(source);
 *   assert.deepEqual(read.layers, lora.layers);
 *   assert.equal(read.metadata.step, "100");
 * }
 * await rm(folder, { recursive: true });
 * ```
 */
export async function saveLora(
  path: string,
  lora: Pick<LoraFile, "layers">,
  options: SaveLoraOptions = {},
): Promise<void> {
  const { dtype, style = "peft", training = {}, metadata = {} } = options;
  const { layers } = lora;
  await writeSafetensors(path, loraTensors(layers, { path, style, dtype }), {
    metadata: {
      ...metadata,
      ...trainingMetadata(training),
      ...adapterMetadata(layers, { style }),
      format: "pt",
    },
  });
}
