import { keepClean, type TokenLayout } from "@edit-transfer/composite";
import {
  flowMatchSigmas,
  latentNoise,
  type LatentNoiseOptions,
  type Seed,
} from "@edit-transfer/flow";
import type { Image } from "@edit-transfer/image";
import { Tensor } from "@edit-transfer/tensor";
import { denoise, type DenoiseStep } from "./denoise.ts";
import { guidanceNotices } from "./guidance_notices.ts";
import { decodePanel } from "./panel_codec.ts";
import type { Pipeline } from "./pipeline.ts";
import { runSteps } from "./run_steps.ts";
import type { TextConditioning } from "./text_conditioning.ts";

/** An edit of which text and panels are encoded. */
export interface EncodedEdit {
  /** Model to edit with. */
  readonly pipeline: Pipeline;
  /** Conditioning of the caption. */
  readonly text: TextConditioning;
  /** Latents of before, after and query, each `[c, h, w]`. */
  readonly latents: readonly [Float32Array, Float32Array, Float32Array];
  /** Where their tokens stand, and those of the answer. */
  readonly layout: TokenLayout;
}

/** Options of a run of an edit. */
export interface EditOptions {
  /**
   * Seed of the noise, an integer >= 0.
   *
   * @default {42}
   */
  readonly seed?: Seed | undefined;
  /**
   * Euler steps.
   *
   * @default {35}
   */
  readonly steps?: number | undefined;
  /**
   * Guidance scale; ignored, with a notice, by a model that does not embed it.
   *
   * @default {1}
   */
  readonly guidance?: number | undefined;
  /** Noise; see {@linkcode LatentNoiseOptions}. */
  readonly noise?: LatentNoiseOptions | undefined;
  /** Stops the run before the next step with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each step, which the next one waits for. */
  readonly onStep?: ((step: DenoiseStep<Image>) => unknown) | undefined;
}

/** Result of an edit. */
export interface EditResult {
  /** The edited query, `P × P`. */
  readonly image: Image;
  /** Its latents, `[c, h, w]`. */
  readonly latents: Float32Array;
  /** Latents of the whole composite, `[c, 2h, 2w]`. */
  readonly quad: Float32Array;
  /** Facts that a user should know, e.g. that an option was ignored. */
  readonly notices: readonly string[];
  /** Milliseconds of each stage, with loading. */
  readonly timings: {
    /** Of the text, where it was encoded in the same call. */
    readonly text?: number | undefined;
    /** Of the panels, likewise. */
    readonly encode?: number | undefined;
    readonly denoise: number;
    readonly decode: number;
  };
}

/**
 * Runs an encoded edit for one seed.
 *
 * `x = noise · m + z (1 − m)`; for each σ: `x += (σ' − σ) v(x, σ)`, then the
 * tokens outside the mask `m` are set back to `z`; the answer is decoded.
 *
 * Source: Edit Transfer, https://arxiv.org/abs/2503.13327;
 * CUC-MIPG/Edit-Transfer@c44a846, `toolkit/pipeline_flux_inpaint.py`.
 *
 * @param encoded See {@linkcode EncodedEdit}; it stays the caller's.
 * @param options See {@linkcode EditOptions}.
 * @returns The result.
 *
 * @throws {RangeError} If the seed or the number of steps is out of range.
 *
 * @example Usage
 * ```ts
 * import { quadLayout } from "@edit-transfer/composite";
 * import { edit, loadPipeline } from "@edit-transfer/pipeline";
 * import { openDevice } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu", { threads: 1 });
 * {
 *   await using pipeline = await loadPipeline("models/micro", { device });
 *   using text = await pipeline.encodeText("");
 *   const layout = quadLayout([16, 8, 8]);
 *   const panel = new Float32Array(16 * 8 * 8); // [16, 8, 8]
 *   const latents = [panel, panel, panel] as const;
 *   const encoded = { pipeline, text, latents, layout };
 *   const { image } = await edit(encoded, { seed: 1, steps: 1 });
 *   assert.equal(image.width, 64);
 * }
 * ```
 */
export async function edit(
  encoded: EncodedEdit,
  options: EditOptions = {},
): Promise<EditResult> {
  const { seed = 42, steps = 35, guidance = 1, signal, onStep } = options;
  const { pipeline, text, layout } = encoded;
  const { device, folder } = pipeline;
  const { tokens, shape, answerShape } = layout;

  // 1. noise where tokens are made, the given latents elsewhere
  const start = performance.now();
  const sigmas = flowMatchSigmas(steps, {
    config: folder.scheduler,
    imageTokens: tokens,
  });
  const composed = layout.compose(encoded.latents, {
    noise: latentNoise(seed, shape, options.noise),
  });
  const tensor = (values: Float32Array) =>
    Tensor.from(device, values, { shape: [1, tokens, values.length / tokens] });
  using clean = tensor(composed.clean); // [1, I, 4c]
  using mask = tensor(layout.mask); // [1, I, 1]

  // 2. from noise to data, the known tokens put back after each step
  const download = async (x: Tensor) => await x.data() as Float32Array; // [I, 4c]
  const decodeLatents = async (latents: Float32Array) =>
    await decodePanel(await pipeline.vae(), latents, {
      shape: answerShape,
      device,
    });
  const run = denoise({
    transformer: () => pipeline.transformer(),
    latents: tensor(composed.latents), // [1, I, 4c]
    sigmas,
    text,
    guidance,
    imgIds: layout.ids,
    after: (latents) => keepClean(latents, { clean, mask }),
    decode: async (x) => await decodeLatents(layout.answer(await download(x))),
    signal,
  });
  using x = await runSteps(run, onStep);

  // 3. the answer
  const denoised = performance.now();
  const made = await download(x); // [I, 4c]
  const latents = layout.answer(made); // [c, h, w]
  const image = await decodeLatents(latents);
  return {
    image,
    latents,
    quad: layout.unpack(made), // [c, 2h, 2w]
    notices: [
      ...text.notices,
      ...guidanceNotices(folder.transformer.config, options.guidance),
    ],
    timings: {
      denoise: denoised - start,
      decode: performance.now() - denoised,
    },
  };
}
