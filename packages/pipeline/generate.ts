import { imageLayout } from "@edit-transfer/composite";
import {
  flowMatchSigmas,
  latentNoise,
  type LatentNoiseOptions,
  type Seed,
} from "@edit-transfer/flow";
import type { Image } from "@edit-transfer/image";
import { Tensor } from "@edit-transfer/tensor";
import { denoise, type DenoiseStep, itemOf } from "./denoise.ts";
import { guidanceNotices } from "./guidance_notices.ts";
import { loraNotices } from "./lora_notices.ts";
import { decodePanel } from "./panel_codec.ts";
import type { Pipeline } from "./pipeline.ts";
import { checkMultiple } from "./prepare_example.ts";
import { runSteps } from "./run_steps.ts";
import { sizeNotices } from "./size_notices.ts";
import type { TextConditioning } from "./text_conditioning.ts";
import { velocityOf } from "./velocity.ts";

/** Options of {@linkcode generate}. */
export interface GenerateOptions {
  /** What to show: words, or what the pipeline's `encodeText` made of them. */
  readonly prompt: string | TextConditioning;
  /**
   * Seed of the noise, an integer >= 0.
   *
   * @default {42}
   */
  readonly seed?: Seed | undefined;
  /**
   * Width in pixels, a multiple of the pipeline's `tokenSize`.
   *
   * @default {twice the pipeline's `panelSize`}
   */
  readonly width?: number | undefined;
  /**
   * Height in pixels, a multiple of the pipeline's `tokenSize`.
   *
   * @default {twice the pipeline's `panelSize`}
   */
  readonly height?: number | undefined;
  /**
   * Euler steps.
   *
   * @default {35}
   */
  readonly steps?: number | undefined;
  /**
   * Guidance scale; ignored, with a notice, by a model that does not embed it.
   *
   * @default {3.5}
   */
  readonly guidance?: number | undefined;
  /**
   * How the noise is made.
   *
   * @default {rounded to bf16, not standardised, as diffusers does}
   */
  readonly noise?: LatentNoiseOptions | undefined;
  /** Stops the run before the next step with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each step, which the next one waits for. */
  readonly onStep?: ((step: DenoiseStep<Image>) => unknown) | undefined;
  /**
   * Whether the pipeline's LoRAs act.
   *
   * @default {true}
   */
  readonly loras?: boolean | undefined;
}

/** Result of {@linkcode generate}. */
export interface GenerateResult {
  /** The picture. */
  readonly image: Image;
  /** Its latents, `[c, h, w]`. */
  readonly latents: Float32Array;
  /** Facts that a user should know, e.g. that the prompt was cut. */
  readonly notices: readonly string[];
  /** Milliseconds of each stage, with loading. */
  readonly timings: {
    readonly text: number;
    readonly denoise: number;
    readonly decode: number;
  };
}

/**
 * A picture from text alone.
 *
 * Source: `FluxPipeline.__call__` in huggingface/diffusers@v0.42.1,
 * `pipelines/flux/pipeline_flux.py`.
 *
 * @param pipeline Model to generate with.
 * @param options See {@linkcode GenerateOptions}.
 * @returns The result.
 *
 * @throws {RangeError} If a size, the seed or the number of steps is out of range.
 *
 * @example Usage
 * ```ts
 * import { openDevice } from "@edit-transfer/tensor";
 * import { generate, loadPipeline } from "@edit-transfer/pipeline";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu", { threads: 1 });
 * {
 *   await using pipeline = await loadPipeline("models/micro", { device });
 *   const { image } = await generate(pipeline, { prompt: "a person", steps: 1 });
 *   assert.equal(image.width, 128);
 * }
 * ```
 */
export async function generate(
  pipeline: Pipeline,
  options: GenerateOptions,
): Promise<GenerateResult> {
  const { prompt, seed = 42, steps = 35, guidance = 3.5 } = options;
  if (prompt === undefined || prompt === null) {
    throw new TypeError(
      "Cannot generate as there must be a prompt, a text: got none",
    );
  }
  const { signal, onStep, loras = true } = options;
  const { device, folder, panelSize, tokenSize } = pipeline;
  const { width = 2 * panelSize, height = 2 * panelSize } = options;
  checkMultiple(width, tokenSize);
  checkMultiple(height, tokenSize);
  const { latentChannels: c, downscale } = folder.vae.config;
  const layout = imageLayout([c, height / downscale, width / downscale]);
  const { shape, tokens } = layout;
  const sigmas = flowMatchSigmas(steps, {
    config: folder.scheduler,
    imageTokens: tokens,
  });
  const { noise = { standardize: false } } = options;
  const composed = layout.compose([], {
    noise: latentNoise(seed, shape, noise),
  });

  const start = performance.now();
  using own = typeof prompt === "string"
    ? await pipeline.encodeText(prompt, { loras })
    : undefined;
  const text = own ?? prompt as TextConditioning;
  const textDone = performance.now();
  const decode = async (tokens: Float32Array) =>
    await decodePanel(await pipeline.vae(), layout.answer(tokens), {
      shape,
      device,
    });
  const run = denoise({
    velocity: velocityOf({
      transformer: () => pipeline.transformer({ loras }),
      text,
      guidance,
      imgIds: layout.ids,
      signal,
    }),
    latents: Tensor.from(device, composed.latents, {
      shape: [1, tokens, 4 * c],
    }),
    sigmas,
    after: (latents) => latents,
    tokens: (latents) => latents,
    decode,
    signal,
  });
  using x = await runSteps(run, onStep);
  const denoised = performance.now();
  const made = await itemOf(x, 0);
  const image = await decode(made);
  return {
    image,
    latents: layout.answer(made), // [c, h, w]
    notices: [
      ...sizeNotices("picture", [width, height], folder.settings),
      ...loras ? loraNotices(pipeline.loras) : [],
      ...text.notices,
      ...pipeline.device.notices ?? [],
      ...guidanceNotices(folder.transformer.config, options.guidance),
    ],
    timings: {
      text: textDone - start,
      denoise: denoised - textDone,
      decode: performance.now() - denoised,
    },
  };
}
