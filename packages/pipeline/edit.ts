import { keepClean, type TokenLayout } from "@edit-transfer/composite";
import {
  flowMatchSigmas,
  latentNoise,
  type LatentNoiseOptions,
  type Seed,
} from "@edit-transfer/flow";
import type { Image } from "@edit-transfer/image";
import type { Shift } from "@edit-transfer/metrics";
import { Tensor } from "@edit-transfer/tensor";
import { denoise, type DenoiseStep } from "./denoise.ts";
import { guidanceNotices } from "./guidance_notices.ts";
import { decodePanel } from "./panel_codec.ts";
import { lockResult } from "./lock_result.ts";
import type { Pipeline } from "./pipeline.ts";
import { runSteps } from "./run_steps.ts";
import { withStrength } from "./strength.ts";
import type { TextConditioning } from "./text_conditioning.ts";
import { velocityOf } from "./velocity.ts";

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
  /**
   * The caption without the words of the edit, for other strengths than 1; it
   * stays the edit's.
   *
   * @default {the caption}
   */
  readonly wordless?: (() => Promise<TextConditioning>) | undefined;
  /**
   * The pictures that a lock compares, `P × P`.
   *
   * @default {none: the edit cannot be locked}
   */
  readonly comparison?: (() => Promise<Comparison>) | undefined;
}

/** Pictures of an edit that its output is compared with. */
export interface Comparison {
  /** The query. */
  readonly query: Image;
  /** The query as the autoencoder gives it back. */
  readonly seen: Image;
  /** Shift of the example: where its after lies against its before. */
  readonly example: Shift;
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
  /**
   * Strength of the edit s in -0.5…2: the velocity is `v₀ + s (v₁ − v₀)`, where
   * v₁ sees the edit, and v₀ the example before it in the place of after, too,
   * and a caption without its words. 0 is next to nothing, and negative ones do
   * the opposite. Other strengths than 0 and 1 take twice the time.
   *
   * @default {1}
   */
  readonly strength?: number | undefined;
  /**
   * Whether unchanged places are given back exactly from the query, see
   * {@linkcode lock}.
   *
   * @default {false}
   */
  readonly lock?: boolean | undefined;
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
  /** How far it lies from the query, before a lock; measured for one only. */
  readonly shift?: Shift | undefined;
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
 * @throws {RangeError} If the seed, the number of steps or the strength is out
 * of range.
 * @throws {TypeError} If it is to be locked without pictures to compare.
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
  const { seed = 42, steps = 35, guidance = 1, strength = 1 } = options;
  const { signal, onStep } = options;
  const { pipeline, text, layout } = encoded;
  const { device, folder } = pipeline;
  const { tokens, shape, answerShape } = layout;

  // 1. noise where tokens are made, the given latents elsewhere
  const start = performance.now();
  const sigmas = flowMatchSigmas(steps, {
    config: folder.scheduler,
    imageTokens: tokens,
  });
  const noise = latentNoise(seed, shape, options.noise);
  const composed = layout.compose(encoded.latents, { noise });
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
  const velocity = (text: TextConditioning) =>
    velocityOf({
      transformer: () => pipeline.transformer(),
      text,
      guidance,
      imgIds: layout.ids,
      signal,
    });
  const [before, , query] = encoded.latents;
  const same = layout.compose([before, before, query], { noise });
  const wordless = strength === 1 ? text : await encoded.wordless?.() ?? text;
  const run = denoise({
    velocity: withStrength(strength, {
      edited: velocity(text),
      async unedited(x, sigma) {
        using clean = tensor(same.clean); // [1, I, 4c]
        using unedited = keepClean(x, { clean, mask }); // [1, I, 4c]
        return await velocity(wordless)(unedited, sigma);
      },
    }),
    latents: tensor(composed.latents), // [1, I, 4c]
    sigmas,
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
  const locked = options.lock === true
    ? await lockResult(encoded, { image, latents })
    : undefined;
  return {
    image: locked?.image ?? image,
    latents,
    quad: layout.unpack(made), // [c, 2h, 2w]
    shift: locked?.shift,
    notices: [
      ...text.notices,
      ...locked?.notices ?? [],
      ...guidanceNotices(folder.transformer.config, options.guidance),
    ],
    timings: {
      denoise: denoised - start,
      decode: performance.now() - denoised,
    },
  };
}
