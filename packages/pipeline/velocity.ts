import type { FluxTransformer } from "@edit-transfer/dit";
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
  /** Conditioning of the prompt. */
  readonly text: TextConditioning;
  /** Guidance scale for a model that embeds it. */
  readonly guidance: number;
  /** Positions of the image tokens, `[I, 3]`. */
  readonly imgIds: readonly (readonly number[])[];
  /** Stops before the next block. */
  readonly signal: AbortSignal | undefined;
}

/** Positions of text tokens, all 0. */
export function textIds(tokens: number): number[][] {
  return Array.from({ length: tokens }, () => [0, 0, 0]); // [T, 3]
}

/** The velocity that a transformer predicts from text and all image tokens. */
export function velocityOf(options: VelocityOptions): Velocity {
  const { text, guidance, imgIds, signal } = options;
  const txtIds = textIds(text.states.shape[1]!);
  return async (x, sigma) => {
    const transformer = await options.transformer();
    return await transformer.velocity({
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
