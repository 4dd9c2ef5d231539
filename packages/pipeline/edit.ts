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
import type { PreparedEdit } from "./prepare_edit.ts";

/** Options of {@linkcode edit}. */
export interface EditOptions {
  /** Seed of the noise, an integer >= 0. */
  seed: number;
  /**
   * Euler steps.
   *
   * @default {35}
   */
  steps?: number | undefined;
  /**
   * Guidance scale; ignored, with a notice, by a model that does not embed it.
   *
   * @default {1}
   */
  guidance?: number | undefined;
  /** How the noise is made; see {@linkcode LatentNoiseOptions}. */
  noise?: LatentNoiseOptions | undefined;
  /** Stops the run before the next step with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** What an edit made. */
export interface EditResult {
  /** The edited query, `P × P`. */
  readonly image: Image;
  /** Its latents, `[c, h, w]`. */
  readonly latents: Float32Array;
  /** Latents of the whole composite, `[c, 2h, 2w]`. */
  readonly quad: Float32Array;
  /** What a user should know, e.g. that an option was ignored. */
  readonly notices: readonly string[];
  /** Milliseconds that denoising (with loading) and decoding took. */
  readonly timings: { readonly denoise: number; readonly decode: number };
}

/**
 * Runs a prepared edit for one seed, one Euler step a turn.
 *
 * `x = noise · m + z (1 − m)`; for each σ: `x += (σ' − σ) v(x, σ)`, then the
 * tokens outside the mask `m` are set back to `z`; the bottom-right panel is
 * decoded.
 *
 * Source: Edit Transfer, https://arxiv.org/abs/2503.13327;
 * CUC-MIPG/Edit-Transfer@c44a846, `toolkit/pipeline_flux_inpaint.py`.
 *
 * @param prepared What {@linkcode prepareEdit} gave.
 * @param options See {@linkcode EditOptions}.
 * @returns The steps, and when they are done the result.
 *
 * @throws {RangeError} If the seed or the number of steps is out of range.
 *
 * @example Usage
 * ```ts
 * import { openDevice } from "@edit-transfer/tensor";
 * import { edit, loadPipeline, prepareEdit } from "@edit-transfer/pipeline";
 * import assert from "node:assert/strict";
 *
 * const device = await openDevice("cpu", { threads: 1 });
 * const grey = { width: 9, height: 9, data: new Uint8Array(243).fill(128) };
 * {
 *   await using pipeline = await loadPipeline("models/micro", { device });
 *   using prepared = await prepareEdit(pipeline, { before: grey, after: grey, query: grey });
 *   const run = edit(prepared, { seed: 42, steps: 1 });
 *   const { value: step } = await run.next();
 *   assert.equal(step && "step" in step && step.sigma, 0);
 *   const { value: result } = await run.next();
 *   assert.equal(result && "image" in result && result.image.width, 64);
 * }
 * device.destroy();
 * ```
 */
export async function* edit(
  prepared: Pick<PreparedEdit, "pipeline" | "text" | "latents" | "latentShape">,
  options: EditOptions,
): AsyncGenerator<DenoiseStep<Image>, EditResult> {
  const { seed, steps = 35, guidance = 1, signal } = options;
  const { pipeline, text, latentShape } = prepared;
  const { device, folder } = pipeline;
  const [c, h, w] = latentShape;
  const shape = [c, 2 * h, 2 * w] as const;

  // 1. noise in the fourth panel, the given latents in the others
  const start = performance.now();
  const sigmas = flowMatchSigmas(steps, {
    config: folder.scheduler,
    imageTokens: h * w,
  });
  const composed = composeLatents(prepared, {
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
  using x = yield* denoise({
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
    notices: guidanceNotices(folder.transformer.config, options.guidance),
    timings: {
      denoise: denoised - start,
      decode: performance.now() - denoised,
    },
  };
}

/** Packed latents to begin with, and what is put back after each step. */
export function composeLatents(
  { latents: [before, after, query], latentShape }: Pick<
    PreparedEdit,
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
