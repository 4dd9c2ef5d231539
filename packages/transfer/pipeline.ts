import { REFERENCE_TEMPLATE } from "@edit-transfer/composite";
import { FluxTransformer } from "@edit-transfer/dit";
import {
  attachLora,
  layerShapes,
  type LoraFile,
  readLora,
  requireMatch,
} from "@edit-transfer/lora";
import { type Device, ParameterReader } from "@edit-transfer/tensor";
import { AutoencoderKl } from "@edit-transfer/vae";
import { openSafetensors } from "@edit-transfer/weights";
import { type ModelFolder, openModelFolder } from "./model_folder.ts";
import { type TextConditioning, TextStage } from "./text_conditioning.ts";

/** A LoRA file and how strongly it acts. */
export interface LoraChoice {
  /** Path of the safetensors file. */
  readonly path: string;
  /**
   * Factor of its branches.
   *
   * @default {1}
   */
  readonly scale?: number;
}

/** Options of {@linkcode loadPipeline}. */
export interface LoadPipelineOptions {
  /** Device to run on, which the caller destroys after the pipeline. */
  device: Device;
  /**
   * LoRAs of the transformer.
   *
   * @default {[]}
   */
  loras?: readonly LoraChoice[];
  /**
   * Whether the text encoders stay loaded after a prompt is encoded. They are
   * as large as the transformer: keep them for many prompts on a small model.
   *
   * @default {false}
   */
  keepTextEncoders?: boolean;
}

/** A model folder on a device; each part is loaded when it is first needed. */
export class Pipeline implements AsyncDisposable {
  /** Device it runs on. */
  readonly device: Device;
  /** Configs and weights of its parts. */
  readonly folder: ModelFolder;
  /** Caption template with `{edit}`: the last LoRA's, or the reference's. */
  readonly template: string;
  readonly #loras: readonly (LoraFile & { readonly scale: number })[];
  readonly #text: TextStage;
  #vae: AutoencoderKl | undefined;
  #transformer: FluxTransformer | undefined;
  #attached: Disposable[] = [];

  /** Use {@linkcode loadPipeline}. */
  constructor(
    folder: ModelFolder,
    options: {
      readonly device: Device;
      readonly loras: readonly (LoraFile & { readonly scale: number })[];
      readonly keepTextEncoders: boolean;
    },
  ) {
    this.folder = folder;
    this.device = options.device;
    this.#loras = options.loras;
    this.#text = new TextStage(folder, options);
    this.template = options.loras.findLast((lora) => lora.template)?.template ??
      REFERENCE_TEMPLATE;
  }

  /** Side of a panel in pixels that the model was made for. */
  get panelSize(): number {
    return this.folder.vae.config.sampleSize / 2;
  }

  /** Pixels a side of one image token: a panel's side is a multiple of it. */
  get tokenSize(): number {
    return 2 * this.folder.vae.config.downscale;
  }

  /**
   * Encodes a prompt with CLIP and T5.
   *
   * @param prompt Text, cut where the tokenisers end.
   * @returns Pooled vector and states, owned by the caller.
   */
  encodeText(prompt: string): Promise<TextConditioning> {
    return this.#text.encode(prompt);
  }

  /**
   * The autoencoder, loaded at the first call.
   *
   * @returns The model, owned by the pipeline.
   *
   * @throws {WeightError} If a tensor is missing or of another shape.
   */
  async vae(): Promise<AutoencoderKl> {
    const { weights, config } = this.folder.vae;
    const reader = new ParameterReader(this.device, weights);
    return this.#vae ??= await AutoencoderKl.load(reader, config);
  }

  /**
   * The transformer with its LoRAs, loaded at the first call.
   *
   * @returns The model, owned by the pipeline.
   *
   * @throws {WeightError} If a tensor is missing or of another shape.
   * @throws {LoraError} If a LoRA does not fit.
   */
  async transformer(): Promise<FluxTransformer> {
    if (this.#transformer !== undefined) return this.#transformer;
    const { weights, config } = this.folder.transformer;
    const { device } = this;
    const reader = new ParameterReader(device, weights);
    const transformer = await FluxTransformer.load(reader, config);
    try {
      const linears = transformer.linears();
      for (const lora of this.#loras) {
        const { scale } = lora;
        this.#attached.push(attachLora(linears, lora, { scale, device }));
      }
    } catch (error) {
      transformer[Symbol.dispose]();
      throw error;
    }
    return this.#transformer = transformer;
  }

  /** Frees all parts and closes the files. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const attached of this.#attached) attached[Symbol.dispose]();
    this.#transformer?.[Symbol.dispose]();
    this.#vae?.[Symbol.dispose]();
    this.#text[Symbol.dispose]();
    await this.folder[Symbol.asyncDispose]();
  }
}

/**
 * Opens a model folder and its LoRAs for editing and generating.
 *
 * Configs and headers are checked here; weights are read when a part is first
 * needed: text encoders, then autoencoder, then transformer.
 *
 * @param path Model folder or file, see {@linkcode openModelFolder}.
 * @param options See {@linkcode LoadPipelineOptions}.
 * @returns The pipeline, owned by the caller.
 *
 * @throws {FormatError} If a file is malformed or of another architecture.
 * @throws {LoraError} If a LoRA does not fit the transformer.
 * @throws {Error} If a file is missing.
 *
 * @example Usage
 * ```ts
 * import { openDevice } from "@edit-transfer/tensor";
 * import { loadPipeline } from "@edit-transfer/transfer";
 * import assert from "node:assert/strict";
 *
 * const device = await openDevice("cpu", { threads: 1 });
 * {
 *   await using pipeline = await loadPipeline("fixtures/micro", {
 *     device,
 *     loras: [{ path: "fixtures/micro/lora/edit_transfer.safetensors" }],
 *   });
 *   assert.match(pipeline.template, /\{edit\}/);
 * }
 * device.destroy();
 * ```
 */
export async function loadPipeline(
  path: string,
  options: LoadPipelineOptions,
): Promise<Pipeline> {
  const { device, loras = [], keepTextEncoders = false } = options;
  const files = [];
  for (const { path, scale = 1 } of loras) {
    await using source = await openSafetensors(path);
    files.push({ ...await readLora(source), scale });
  }
  const folder = await openModelFolder(path);
  try {
    for (const file of files) checkLora(file, folder);
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    throw error;
  }
  return new Pipeline(folder, { device, loras: files, keepTextEncoders });
}

/** Refuses a LoRA for another model before any weight is read. */
function checkLora(file: LoraFile, { transformer }: ModelFolder): void {
  const layers = [...layerShapes(transformer.weights)]
    .filter(([path]) => /^(single_)?transformer_blocks\./.test(path));
  requireMatch(new Map(layers), {
    file,
    verb: "attach",
    allowUnmatched: false,
  });
}
