import type { FluxInputs, FluxTransformer } from "@edit-transfer/dit";
import type { Tensor } from "@edit-transfer/tensor";
import type { TextConditioning } from "./text_conditioning.ts";

/**
 * Velocity of image tokens `x [1, I, 4c]` at the noise level σ, `[1, I, 4c]`,
 * owned by the caller.
 */
export type Velocity = (x: Tensor, sigma: number) => Promise<Tensor>;

/** What a velocity depends on besides its tokens. */
export interface VelocityOptions {
  /** The transformer, asked for before each use. */
  readonly transformer: () => Promise<FluxTransformer>;
  /** Conditioning of the prompt, or of one for each picture of a batch. */
  readonly text: Pick<TextConditioning, "pooled" | "states">;
  /** Guidance scale for a model that embeds it, or one for each picture. */
  readonly guidance: number | readonly number[];
  /** Positions of the image tokens, `[I, 3]`. */
  readonly imgIds: readonly (readonly number[])[];
  /** Stops before the next block. */
  readonly signal?: AbortSignal | undefined;
}

/** A {@linkcode Velocity} into whose blocks its caller may look and reach. */
export type OpenVelocity = (
  x: Tensor,
  sigma: number,
  inside?: Pick<FluxInputs, "seam" | "skip">,
) => Promise<Tensor>;

/** Positions of text tokens, all 0. */
export function textIds(tokens: number): number[][] {
  return Array.from({ length: tokens }, () => [0, 0, 0]); // [T, 3]
}

/**
 * The velocity that a transformer predicts from text and all image tokens.
 *
 * @param options See {@linkcode VelocityOptions}.
 * @returns The velocity of image tokens `[B, I, 4c]` at a noise level.
 *
 * @example Usage
 * ```ts
 * import { imageLayout } from "@edit-transfer/composite";
 * import { loadPipeline, velocityOf } from "@edit-transfer/pipeline";
 * import { openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu", { threads: 1 });
 * {
 *   await using pipeline = await loadPipeline("models/micro", { device });
 *   using text = await pipeline.encodeText("a person");
 *   const velocity = velocityOf({
 *     transformer: () => pipeline.transformer(),
 *     text,
 *     guidance: 1,
 *     imgIds: imageLayout([16, 4, 4]).ids,
 *   });
 *   using x = Tensor.from(device, new Float32Array(4 * 64), { shape: [1, 4, 64] });
 *   using v = await velocity(x, 0.5);
 *   assert.deepEqual(v.shape, [1, 4, 64]);
 * }
 * ```
 */
export function velocityOf(options: VelocityOptions): OpenVelocity {
  const { text, guidance, imgIds, signal } = options;
  const txtIds = textIds(text.states.shape[1]!);
  return async (x, sigma, inside) => {
    const transformer = await options.transformer();
    return await transformer.velocity({
      ...inside,
      img: x,
      txt: text.states,
      pooled: text.pooled,
      timestep: sigma,
      guidance,
      imgIds,
      txtIds,
    }, { signal }); // [1, I, 4c]
  };
}
