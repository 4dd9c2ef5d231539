import { imageLayout } from "@edit-transfer/composite";
import {
  eulerStep,
  flowMatchSigmas,
  latentNoise,
  type Seed,
} from "@edit-transfer/flow";
import { type Pipeline, velocityOf } from "@edit-transfer/pipeline";
import { Tensor } from "@edit-transfer/tensor";
import { valuesOf } from "./walk.ts";

/** Options of {@linkcode measureVitality}. */
export interface MeasureVitalityOptions {
  /** Captions of the pictures that are made. */
  readonly prompts: readonly string[];
  /** Seeds of each caption; 0 by default. */
  readonly seeds?: readonly Seed[] | undefined;
  /** Euler steps; 15 by default, as in Stable Flow. */
  readonly steps?: number | undefined;
  /** Guidance scale; 3.5 by default. */
  readonly guidance?: number | undefined;
  /** Side of the pictures in pixels; a panel's by default. */
  readonly size?: number | undefined;
  /**
   * Likeness of two pictures' latents, `[c, h, w]`; their cosine by default.
   *
   * @param whole Of the whole model.
   * @param without Of the model without a block.
   * @returns The likeness; 1 for the same.
   */
  readonly similarity?:
    | ((
      whole: Float32Array,
      without: Float32Array,
    ) => number | Promise<number>)
    | undefined;
  /** Called after each picture. */
  readonly onProgress?: ((done: number, all: number) => void) | undefined;
  /** Stops with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * How much each block of a model matters: pictures are made without it, from the
 * same noise, and compared with those of the whole model. Vital blocks are those
 * that cost most.
 *
 * Source: Stable Flow, https://arxiv.org/abs/2411.14430, which compares by
 * DINOv2; `mm_skip_blocks` in snap-research/stable-flow@c99ac0e.
 *
 * @param pipeline Model; its LoRAs act.
 * @param options See {@linkcode MeasureVitalityOptions}.
 * @returns Vitality of each block, double ones first: 1 less the mean likeness.
 *
 * @example Usage
 * ```ts
 * import { measureVitality } from "@edit-transfer/baselines";
 * import { loadPipeline } from "@edit-transfer/pipeline";
 * import { openDevice } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu", { threads: 1 });
 * {
 *   await using pipeline = await loadPipeline("models/micro", { device });
 *   const prompts = ["portrait of a slim person"];
 *   const vitality = await measureVitality(pipeline, { prompts, steps: 1 });
 *   assert.equal(vitality.length, 5);
 * }
 * ```
 */
export async function measureVitality(
  pipeline: Pipeline,
  options: MeasureVitalityOptions,
): Promise<number[]> {
  const { prompts, seeds = [0], steps = 15, guidance = 3.5 } = options;
  const { size = pipeline.panelSize, similarity = cosine } = options;
  const { onProgress, signal } = options;
  const { device, folder } = pipeline;
  const { latentChannels: c, downscale } = folder.vae.config;
  const { numLayers, numSingleLayers } = folder.transformer.config;
  const layout = imageLayout([c, size / downscale, size / downscale]);
  const sigmas = flowMatchSigmas(steps, {
    config: folder.scheduler,
    imageTokens: layout.tokens,
  });
  const blocks = numLayers + numSingleLayers;
  const likeness = new Float64Array(blocks);
  const all = prompts.length * seeds.length * (blocks + 1);
  let done = 0;
  for (const prompt of prompts) {
    using text = await pipeline.encodeText(prompt);
    const velocity = velocityOf({
      transformer: () => pipeline.transformer(),
      text,
      guidance,
      imgIds: layout.ids,
      signal,
    });
    for (const seed of seeds) {
      const noise = latentNoise(seed, layout.shape, { standardize: false });
      const { latents } = layout.compose([], { noise });
      const made = async (skip: readonly number[]) => {
        let x = Tensor.from(device, latents, {
          shape: [1, layout.tokens, 4 * c],
        });
        try {
          for (let i = 0; i < steps; i++) {
            const [sigma, next] = [sigmas[i]!, sigmas[i + 1]!];
            using v = await velocity(x, sigma, { skip });
            using before = x;
            x = eulerStep(before, v, sigma, next); // [1, I, 4c]
          }
          onProgress?.(++done, all);
          return await valuesOf(x);
        } finally {
          x.dispose();
        }
      };
      const whole = await made([]);
      for (let block = 0; block < blocks; block++) {
        likeness[block]! += await similarity(whole, await made([block]));
      }
    }
  }
  const pictures = prompts.length * seeds.length;
  return Array.from(likeness, (sum) => 1 - sum / pictures);
}

/** Cosine of two arrays. */
function cosine(a: Float32Array, b: Float32Array): number {
  let [ab, aa, bb] = [0, 0, 0];
  a.forEach((x, i) => {
    const y = b[i]!;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  });
  return ab / Math.sqrt(aa * bb);
}
