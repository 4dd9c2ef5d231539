import { REFERENCE_TEMPLATE } from "@edit-transfer/composite";
import { FluxTransformer } from "@edit-transfer/dit";
import type { AttachedLora } from "@edit-transfer/lora";
import { type Device, ParameterReader } from "@edit-transfer/tensor";
import { AutoencoderKl } from "@edit-transfer/vae";
import { attachPart } from "./attach_part.ts";
import { type EditDefaults, editDefaults } from "./conditions.ts";
import { openModelFolder } from "./model_folder.ts";
import type { ModelFolder } from "./model_parts.ts";
import { type LoraChoice, type OpenedLora, openLoras } from "./open_loras.ts";
import type { TextConditioning } from "./text_conditioning.ts";
import type { TextCacheOptions } from "./text_files.ts";
import { TextStage } from "./text_stage.ts";

/** Options of {@linkcode loadPipeline}. */
export interface LoadPipelineOptions {
  /** Device to run on, which the caller disposes of after the pipeline. */
  readonly device: Device;
  /**
   * LoRAs of the transformer and the text encoders.
   *
   * @default {[]}
   */
  readonly loras?: readonly LoraChoice[] | undefined;
  /**
   * Whether the text encoders stay loaded after a prompt is encoded; else they
   * are freed, and T5 is there one block at a time. Keep them for many prompts
   * on a small model.
   *
   * @default {false}
   */
  readonly keepTextEncoders?: boolean | undefined;
  /**
   * Where what large text encoders made of prompts is kept, so that later runs
   * need not load them; never used for other encoders or on another device.
   *
   * @default {nowhere}
   */
  readonly textCache?: TextCacheOptions | undefined;
  /**
   * Blocks of the transformer that stay on the device while it denoises, from
   * {@linkcode planMemory}; the others are loaded in each step. If it is given,
   * one part of the model is on the device at a time.
   *
   * @default {all blocks, and all parts that were used}
   */
  readonly resident?: readonly boolean[] | undefined;
  /**
   * Called when a part is about to be loaded or used, and when it is there, but
   * for blocks of which the largest takes `streamedBytes`.
   */
  readonly onPart?:
    | ((
      part: ModelPart,
      state: "needed" | "loaded",
      streamedBytes: number,
    ) => void)
    | undefined;
}

/** Part of a model that is loaded at once. */
export type ModelPart = "text" | "vae" | "transformer";

/** Options of a {@linkcode Pipeline} whose LoRAs are read. */
export interface PipelineOptions extends Omit<LoadPipelineOptions, "loras"> {
  /** LoRAs of the transformer and the text encoders. */
  readonly loras: readonly OpenedLora[];
}

/** A model folder on a device; each part is loaded when it is first needed. */
export class Pipeline implements AsyncDisposable {
  /** Device it runs on. */
  readonly device: Device;
  /** Configs and weights of its parts. */
  readonly folder: ModelFolder;
  /** Caption template with `{edit}`: the last LoRA's, the folder's, or the reference's. */
  readonly template: string;
  /** What an edit does unless its caller says otherwise. */
  readonly defaults: EditDefaults;
  readonly #options: PipelineOptions;
  readonly #text: TextStage;
  #vae: AutoencoderKl | undefined;
  #transformer: FluxTransformer | undefined;
  #attached: AttachedLora[] = [];

  /** Use {@linkcode loadPipeline}. */
  constructor(folder: ModelFolder, options: PipelineOptions) {
    this.folder = folder;
    this.device = options.device;
    this.#options = options;
    this.#text = new TextStage(folder, {
      device: options.device,
      keepTextEncoders: options.keepTextEncoders === true &&
        options.resident === undefined,
      textCache: options.textCache,
      loras: options.loras,
      onLoad: (streamedBytes) =>
        options.onPart?.("text", "loaded", streamedBytes),
    });
    this.template = options.loras.findLast((lora) => lora.template)?.template ??
      folder.settings.template ?? REFERENCE_TEMPLATE;
    this.defaults = editDefaults(folder.settings, options.loras);
  }

  /** Side of a panel in pixels that the model was made for. */
  get panelSize(): number {
    return this.folder.vae.config.sampleSize / 2;
  }

  /** LoRAs of the transformer and the text encoders, and what of them acts. */
  get loras(): readonly OpenedLora[] {
    return this.#options.loras;
  }

  /** Pixels a side of one image token: a panel's side is a multiple of it. */
  get tokenSize(): number {
    return 2 * this.folder.vae.config.downscale;
  }

  /**
   * Encodes a prompt with CLIP and T5.
   *
   * @param prompt Text, cut where the tokenisers end.
   * @param options Whether the LoRAs act, by default they do.
   * @returns Pooled vector and states, owned by the caller.
   */
  encodeText(
    prompt: string,
    { loras = true }: { readonly loras?: boolean | undefined } = {},
  ): Promise<TextConditioning> {
    this.#need("text");
    return this.#text.encode(prompt, { loras });
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
    this.#need("vae");
    const reader = new ParameterReader(this.device, weights);
    this.#vae ??= await AutoencoderKl.load(reader, config);
    this.#options.onPart?.("vae", "loaded", 0);
    return this.#vae;
  }

  /**
   * Fills the caption template.
   *
   * @param edit Words of the edit.
   * @returns The caption.
   *
   * @throws {RangeError} If T5 cannot read the words.
   */
  fillTemplate(edit: string): Promise<string> {
    return this.#text.fillTemplate(this.template, edit);
  }

  /**
   * The transformer with its LoRAs, or without, loaded at the first call.
   *
   * @param options Whether the LoRAs act, by default they do.
   * @returns The model, owned by the pipeline.
   *
   * @throws {WeightError} If a tensor is missing or of another shape.
   * @throws {LoraError} If a LoRA does not fit.
   */
  async transformer(
    { loras = true }: { readonly loras?: boolean | undefined } = {},
  ): Promise<FluxTransformer> {
    this.#need("transformer");
    this.#transformer ??= await this.#loadTransformer();
    if (!loras) this.#detach();
    else await this.#attach(this.#transformer);
    const { streamedBytes } = this.#transformer;
    this.#options.onPart?.("transformer", "loaded", streamedBytes);
    return this.#transformer;
  }

  /** Frees all parts; what is needed again is loaded again. */
  unload(): void {
    this.#free("text");
    this.#free("vae");
    this.#free("transformer");
  }

  /** Frees all parts and closes the files. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.unload();
    await this.folder[Symbol.asyncDispose]();
  }

  async #loadTransformer(): Promise<FluxTransformer> {
    const { weights, config } = this.folder.transformer;
    const { device, resident } = this.#options;
    const reader = new ParameterReader(device, weights);
    return await FluxTransformer.load(reader, config, { resident });
  }

  async #attach(transformer: FluxTransformer): Promise<void> {
    const { device, loras } = this.#options;
    const { weights } = this.folder.transformer;
    for (const lora of loras.slice(this.#attached.length)) {
      this.#attached.push(
        await attachPart(transformer.layers(), lora, {
          part: "transformer",
          weights,
          device,
        }),
      );
    }
  }

  #detach(): void {
    for (const attached of this.#attached.splice(0)) attached.detach();
  }

  /** Makes room for a part where only one may be on the device. */
  #need(part: ModelPart): void {
    if (this.#options.resident !== undefined) {
      for (const other of ["text", "vae", "transformer"] as const) {
        if (other !== part) this.#free(other);
      }
    }
    this.#options.onPart?.(part, "needed", 0);
  }

  #free(part: ModelPart): void {
    if (part === "text") this.#text[Symbol.dispose]();
    else if (part === "vae") {
      this.#vae?.[Symbol.dispose]();
      this.#vae = undefined;
    } else {
      this.#detach();
      this.#transformer?.[Symbol.dispose]();
      this.#transformer = undefined;
    }
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
 * import { loadPipeline } from "@edit-transfer/pipeline";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu", { threads: 1 });
 * {
 *   await using pipeline = await loadPipeline("models/micro", {
 *     device,
 *     loras: [{ path: "models/micro/lora/edit_transfer.safetensors" }],
 *   });
 *   assert.match(pipeline.template, /\{edit\}/);
 * }
 * ```
 */
export async function loadPipeline(
  path: string,
  options: LoadPipelineOptions,
): Promise<Pipeline> {
  const { folder, loras } = await openModel(path, options.loras);
  return new Pipeline(folder, { ...options, loras });
}

/** A model folder and LoRAs that fit it. */
export interface OpenedModel {
  /** Configs and weights; headers are read, data is not. */
  readonly folder: ModelFolder;
  /** The LoRAs, read. */
  readonly loras: PipelineOptions["loras"];
}

/**
 * Opens a model folder and LoRAs, or neither.
 *
 * @param path Model folder or file, see {@linkcode openModelFolder}.
 * @param loras LoRAs to read.
 * @returns The model; its folder is to be disposed by the caller.
 *
 * @throws {FormatError} If a file is malformed or of another architecture.
 * @throws {LoraError} If a LoRA does not fit the transformer.
 * @throws {Error} If a file is missing.
 *
 * @example Usage
 * ```ts
 * import { openModel } from "@edit-transfer/pipeline";
 * import assert from "node:assert/strict";
 *
 * const { folder, loras } = await openModel("models/micro", [
 *   { path: "models/micro/lora/edit_transfer.safetensors", scale: 0.5 },
 * ]);
 * await using _ = folder;
 * assert.equal(folder.vae.config.latentChannels, 16);
 * assert.equal(loras[0]?.scale, 0.5);
 * ```
 */
export async function openModel(
  path: string,
  loras: readonly LoraChoice[] = [],
): Promise<OpenedModel> {
  const folder = await openModelFolder(path);
  try {
    return { folder, loras: await openLoras(folder, loras) };
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    throw error;
  }
}
