import { ShapeError, type Tensor } from "@edit-transfer/tensor";
import type { FluxConfig } from "./config.ts";

/** What `FluxTransformer.forward` takes. */
export interface FluxInputs {
  /** Noisy image tokens, `[B, I, inChannels]`. */
  img: Tensor;
  /** Text states, `[B, T, jointAttentionDim]`. */
  txt: Tensor;
  /** Pooled text vector, `[B, pooledProjectionDim]`. */
  pooled: Tensor;
  /** Sigma in [0, 1], one for the whole batch or `B` of them; 1 is pure noise. */
  timestep: number | readonly number[];
  /** Guidance scale; needed by, and only used by, a model that embeds it. */
  readonly guidance?: number | undefined;
  /** Position of each image token on each axis, e.g. `[0, row, column]`. */
  imgIds: readonly (readonly number[])[];
  /** Position of each text token on each axis, all 0 in FLUX. */
  txtIds: readonly (readonly number[])[];
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

/** Throws what `FluxTransformer.forward` says of inputs that do not fit. */
export function checkInputs(inputs: FluxInputs, config: FluxConfig): void {
  const { img, txt, pooled, imgIds, txtIds, guidance } = inputs;
  const { inChannels, jointAttentionDim, pooledProjectionDim } = config;
  const [B, I] = img.shape;
  const [, T] = txt.shape;
  const fits = (tensor: Tensor, shape: readonly (number | undefined)[]) =>
    tensor.shape.length === shape.length &&
    tensor.shape.every((extent, axis) => extent === shape[axis]);
  if (
    !fits(img, [B, I, inChannels]) || !fits(txt, [B, T, jointAttentionDim]) ||
    !fits(pooled, [B, pooledProjectionDim])
  ) {
    throw new ShapeError(
      "FluxTransformer",
      `img must be [B, I, ${inChannels}], txt [B, T, ${jointAttentionDim}] and ` +
        `pooled [B, ${pooledProjectionDim}]`,
      { img: img.shape, txt: txt.shape, pooled: pooled.shape },
    );
  }
  const axes = config.axesDimsRope.length;
  const bad = [...imgIds, ...txtIds].find((id) => id.length !== axes);
  if (imgIds.length !== I || txtIds.length !== T || bad !== undefined) {
    throw new ShapeError(
      "FluxTransformer",
      `imgIds must be [I, ${axes}] and txtIds [T, ${axes}]`,
      {
        img: img.shape,
        txt: txt.shape,
        imgIds: [imgIds.length, bad?.length ?? axes],
        txtIds: [txtIds.length, bad?.length ?? axes],
      },
    );
  }
  if (typeof inputs.timestep !== "number" && inputs.timestep.length !== B) {
    throw new RangeError(
      `Cannot run FluxTransformer as there must be one timestep or ${B}: got ${inputs.timestep.length}`,
    );
  }
  if (config.guidanceEmbeds && guidance === undefined) {
    throw new TypeError(
      "Cannot run FluxTransformer as the model embeds a guidance scale: got none",
    );
  }
}
