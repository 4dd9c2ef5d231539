import {
  bottomRight,
  gridIds,
  keepClean,
  packLatents,
  panelMask,
  tileQuad,
  unpackLatents,
} from "@edit-transfer/composite";
import {
  flowMatchSigmas,
  latentNoise,
  type LatentNoiseOptions,
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
  /** Extents `[c, h, w]` of the latents of one panel. */
  readonly latentShape: readonly [c: number, h: number, w: number];
}

/** Options of a run of an edit. */
export interface EditOptions {
  /**
   * Seed of the noise, an integer >= 0.
   *
   * @default {42}
   */
  readonly seed?: number | undefined;
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
    readonly text?: number;
    /** Of the panels, likewise. */
    readonly encode?: number;
    readonly denoise: number;
    readonly decode: number;
  };
}

/**
 * Runs an encoded edit for one seed.
 *
 * `x = noise · m + z (1 − m)`; for each σ: `x += (σ' − σ) v(x, σ)`, then the
 * tokens outside the mask `m` are set back to `z`; the bottom-right panel is
 * decoded.
 *
 * Source: Edit Transfer, https://arxiv.org/abs/2503.13327;
 * CUC-MIPG/Edit-Transfer@c44a846, `toolkit/pipeline_flux_inpaint.py`.
 */
export async function edit(
  encoded: EncodedEdit,
  options: EditOptions = {},
): Promise<EditResult> {
  const { seed = 42, steps = 35, guidance = 1, signal, onStep } = options;
  const { pipeline, text, latentShape } = encoded;
  const { device, folder } = pipeline;
  const [c, h, w] = latentShape;
  const shape = [c, 2 * h, 2 * w] as const;

  // 1. noise in the fourth panel, the given latents in the others
  const start = performance.now();
  const sigmas = flowMatchSigmas(steps, {
    config: folder.scheduler,
    imageTokens: h * w,
  });
  const composed = composeLatents(encoded, {
    noise: latentNoise(seed, shape, options.noise),
  });
  const tensor = (values: Float32Array) =>
    Tensor.from(device, values, { shape: [1, h * w, values.length / (h * w)] });
  using clean = tensor(composed.clean); // [1, I, 4c]
  using mask = tensor(composed.mask); // [1, I, 1]

  // 2. from noise to data, the known tokens put back after each step
  const unpack = async (x: Tensor) =>
    unpackLatents(await x.data() as Float32Array, shape); // [c, 2h, 2w]
  const decode = async (x: Tensor) =>
    await decodePanel(
      await pipeline.vae(),
      bottomRight(await unpack(x), latentShape),
      { shape: latentShape, device },
    );
  const run = denoise({
    transformer: () => pipeline.transformer(),
    latents: tensor(composed.latents), // [1, I, 4c]
    sigmas,
    text,
    guidance,
    imgIds: gridIds(h, w),
    after: (latents) => keepClean(latents, { clean, mask }),
    decode,
    signal,
  });
  using x = await runSteps(run, onStep);

  // 3. the fourth panel
  const denoised = performance.now();
  const quad = await unpack(x); // [c, 2h, 2w]
  const latents = bottomRight(quad, latentShape); // [c, h, w]
  const vae = await pipeline.vae();
  const image = await decodePanel(vae, latents, { shape: latentShape, device });
  return {
    image,
    latents,
    quad,
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

/** Packed latents to begin with, and what is put back after each step. */
export function composeLatents(
  { latents: [before, after, query], latentShape }: Pick<
    EncodedEdit,
    "latents" | "latentShape"
  >,
  { noise }: { readonly noise: Float32Array },
): { latents: Float32Array; clean: Float32Array; mask: Float32Array } {
  const [c, h, w] = latentShape;
  const nothing = new Float32Array(c * h * w);
  const given = tileQuad([before, after, query, nothing], latentShape); // [c, 2h, 2w]
  const clean = packLatents(given, [c, 2 * h, 2 * w]); // [I, 4c]
  const latents = packLatents(noise, [c, 2 * h, 2 * w]); // [I, 4c]
  const mask = panelMask(h, w); // [I]
  for (let i = 0; i < latents.length; i++) {
    if (mask[Math.floor(i / (4 * c))] === 0) latents[i] = clean[i]!;
  }
  return { latents, clean, mask };
}
