import type { FluxInputs } from "@edit-transfer/dit";
import type { Tensor } from "@edit-transfer/tensor";
import type { Pipeline } from "./pipeline.ts";
import type { TextConditioning } from "./text_conditioning.ts";

/** Positions of text tokens, all 0. */
export function textIds(tokens: number): number[][] {
  return Array.from({ length: tokens }, () => [0, 0, 0]); // [T, 3]
}

/** Velocity of tokens that see each other and the text. */
export function jointVelocity(
  pipeline: Pipeline,
  { text, guidance, imgIds, loras, signal }: {
    readonly text: TextConditioning;
    /** Guidance scale for a model that embeds it. */
    readonly guidance: number;
    readonly imgIds: FluxInputs["imgIds"];
    readonly loras?: boolean | undefined;
    readonly signal: AbortSignal | undefined;
  },
): (img: Tensor, timestep: number) => Promise<Tensor> {
  const txtIds = textIds(text.states.shape[1]!);
  return async (img, timestep) => {
    const transformer = await pipeline.transformer({ loras });
    return await transformer.velocity({
      img,
      txt: text.states,
      pooled: text.pooled,
      timestep,
      guidance,
      imgIds,
      txtIds,
    }, { signal }); // [1, I, 4c]
  };
}
