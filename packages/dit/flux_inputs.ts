import { ShapeError, type Tensor } from "@edit-transfer/tensor";
import type { AttentionSeam } from "./attention_seam.ts";
import type { FluxConfig } from "./config.ts";
import type { KeptTokens } from "./kept_tokens.ts";

/** Tokens that see each other, and what conditions them. */
export interface FluxTokens {
  /** Noisy or given image tokens, `[B, I, inChannels]`. */
  readonly img?: Tensor | undefined;
  /** Text states, `[B, T, jointAttentionDim]`. */
  readonly txt?: Tensor | undefined;
  /** Pooled text vector, `[B, pooledProjectionDim]`. */
  readonly pooled: Tensor;
  /** Sigma in [0, 1], one for the whole batch or `B` of them; 1 is pure noise. */
  readonly timestep: number | readonly number[];
  /**
   * Guidance scale, one for the whole batch or `B` of them; needed by, and only
   * used by, a model that embeds it.
   */
  readonly guidance?: number | readonly number[] | undefined;
  /**
   * Position of each image token on each axis, e.g. `[0, row, column]`.
   *
   * @default {[]}
   */
  readonly imgIds?: readonly (readonly number[])[] | undefined;
  /**
   * Position of each text token on each axis, all 0 in FLUX.
   *
   * @default {[]}
   */
  readonly txtIds?: readonly (readonly number[])[] | undefined;
}

/**
 * What `FluxTransformer.forward` takes: tokens whose velocity is wanted, and
 * what else they see.
 */
export interface FluxInputs extends FluxTokens {
  /** Noisy image tokens, `[B, I, inChannels]`. */
  readonly img: Tensor;
  /** Position of each on each axis, e.g. `[0, row, column]`. */
  readonly imgIds: readonly (readonly number[])[];
  /**
   * Tokens that come before, in turn: each sees itself and those before it.
   *
   * @default {[]}
   */
  readonly before?: readonly FluxTokens[] | undefined;
  /**
   * What `FluxTransformer.keep` gave of earlier tokens, which all of these see;
   * a batch may share that of one.
   *
   * @default {[]}
   */
  readonly kept?: readonly KeptTokens[] | undefined;
  /** See {@linkcode AttentionSeam}; of the tokens whose velocity is wanted. */
  readonly seam?: AttentionSeam | undefined;
  /**
   * Blocks that tokens pass by, double ones first: what is lost without a block
   * tells what it does.
   *
   * @default {[]}
   */
  readonly skip?: readonly number[] | undefined;
  /**
   * Whether each block is a checkpoint, which in the backward pass of training
   * runs anew instead of keeping what is in it.
   *
   * @default {false}
   */
  readonly checkpoint?: boolean | undefined;
  /**
   * Called with the output of each stage, named as in the checkpoint. The
   * tensor is freed afterwards: start reading it before returning.
   */
  readonly onStage?: ((name: string, tensor: Tensor) => void) | undefined;
}

/** Throws what `FluxTransformer` says of tokens that do not fit. */
export function checkTokens(tokens: FluxTokens, config: FluxConfig): void {
  const { img, txt, pooled, imgIds = [], txtIds = [], guidance } = tokens;
  const { inChannels, jointAttentionDim, pooledProjectionDim } = config;
  const [B, I = 0] = img?.shape ?? txt?.shape.with(1, 0) ?? [];
  const T = txt?.shape[1] ?? 0;
  const fits = (
    tensor: Tensor | undefined,
    shape: readonly (number | undefined)[],
  ) =>
    tensor === undefined ||
    tensor.shape.length === shape.length &&
      tensor.shape.every((extent, axis) => extent === shape[axis]);
  const shapes = {
    ...img && { img: img.shape },
    ...txt && { txt: txt.shape },
  };
  if (
    B === undefined || !fits(img, [B, I, inChannels]) ||
    !fits(txt, [B, T, jointAttentionDim]) ||
    !fits(pooled, [B, pooledProjectionDim])
  ) {
    throw new ShapeError(
      "FluxTransformer",
      `img must be [B, I, ${inChannels}], txt [B, T, ${jointAttentionDim}] and ` +
        `pooled [B, ${pooledProjectionDim}]`,
      { ...shapes, pooled: pooled.shape },
    );
  }
  const axes = config.axesDimsRope.length;
  const bad = [...imgIds, ...txtIds].find((id) => id.length !== axes);
  if (imgIds.length !== I || txtIds.length !== T || bad !== undefined) {
    throw new ShapeError(
      "FluxTransformer",
      `imgIds must be [I, ${axes}] and txtIds [T, ${axes}]`,
      {
        ...shapes,
        imgIds: [imgIds.length, bad?.length ?? axes],
        txtIds: [txtIds.length, bad?.length ?? axes],
      },
    );
  }
  for (const name of ["timestep", "guidance"] as const) {
    const values = tokens[name] ?? 0;
    if (typeof values === "number" || values.length === B) continue;
    throw new RangeError(
      `Cannot run FluxTransformer as there must be one ${name} or ${B}: got ${values.length}`,
    );
  }
  if (config.guidanceEmbeds && guidance === undefined) {
    throw new TypeError(
      "Cannot run FluxTransformer as the model embeds a guidance scale: got none",
    );
  }
}
