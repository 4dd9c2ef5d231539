import {
  type ParameterReader,
  ShapeError,
  slice,
  type Tensor,
} from "@edit-transfer/tensor";
import type { VaeConfig } from "./config.ts";
import { Conv2d } from "./conv2d.ts";
import { loadDecoder } from "./decoder.ts";
import { loadEncoder } from "./encoder.ts";
import { forwardThrough } from "./layer.ts";
import { Stage, type StageHook, withHook } from "./stage.ts";

/** Options of {@linkcode AutoencoderKl.encode} and {@linkcode AutoencoderKl.decode}. */
export interface AutoencoderOptions {
  /**
   * Called with the output of each stage, named as in the checkpoint. The
   * tensor is freed afterwards: start reading it before returning.
   */
  readonly onStage?: StageHook | undefined;
}

/**
 * Autoencoder between pixels and latents that have `downscale` times fewer
 * rows and columns.
 *
 * Source: Rombach et al. 2022, https://arxiv.org/abs/2112.10752;
 * `AutoencoderKL` in huggingface/diffusers v0.42.1,
 * `src/diffusers/models/autoencoders/autoencoder_kl.py`.
 */
export class AutoencoderKl implements Disposable {
  /** Architecture and latent statistics. */
  readonly config: VaeConfig;
  readonly #encoder: readonly Stage[];
  readonly #decoder: readonly Stage[];
  readonly #parameters: readonly Tensor[];

  private constructor(
    config: VaeConfig,
    { encoder, decoder, parameters }: {
      encoder: readonly Stage[];
      decoder: readonly Stage[];
      parameters: readonly Tensor[];
    },
  ) {
    this.config = config;
    this.#encoder = encoder;
    this.#decoder = decoder;
    this.#parameters = parameters;
  }

  /**
   * Loads the parameters of a diffusers-layout checkpoint.
   *
   * @param reader Reader at the root of the autoencoder's weights.
   * @param config Architecture, from {@linkcode parseVaeConfig}.
   * @returns The model, owned by the caller, who disposes it.
   *
   * @throws {WeightError} If a parameter is missing or of another shape.
   */
  static async load(
    reader: ParameterReader,
    config: VaeConfig,
  ): Promise<AutoencoderKl> {
    const pointwise = async (name: string, channels: number) =>
      new Stage(name, [
        await Conv2d.load(reader.at(name), {
          inChannels: channels,
          outChannels: channels,
          kernel: 1,
        }),
      ]);
    const c = config.latentChannels;
    try {
      const encoder = await loadEncoder(reader.at("encoder"), config);
      if (config.useQuantConv) {
        encoder.push(await pointwise("quant_conv", 2 * c));
      }
      const decoder = await loadDecoder(reader.at("decoder"), config);
      if (config.usePostQuantConv) {
        decoder.unshift(await pointwise("post_quant_conv", c));
      }
      const parameters = reader.loaded();
      return new AutoencoderKl(config, { encoder, decoder, parameters });
    } catch (error) {
      for (const tensor of reader.loaded()) tensor.dispose();
      throw error;
    }
  }

  /**
   * Encodes pixels to the most likely latents, neither shifted nor scaled.
   *
   * @param pixels `[B, H, W, 3]` in [-1, 1]; H and W multiples of `downscale`.
   * @param options See {@linkcode AutoencoderOptions}.
   * @returns `[B, h, w, c]`, owned by the caller.
   *
   * @throws {ShapeError} If the shape does not fit.
   */
  encode(pixels: Tensor, options: AutoencoderOptions = {}): Tensor {
    const { downscale, latentChannels: c } = this.config;
    const [, H, W] = pixels.shape;
    if (
      pixels.shape.length !== 4 || pixels.shape[3] !== 3 ||
      H! % downscale !== 0 || W! % downscale !== 0
    ) {
      throw new ShapeError(
        "AutoencoderKl",
        `pixels must be [B, H, W, 3] with H and W multiples of ${downscale}`,
        { pixels: pixels.shape },
      );
    }
    const stages = withHook(this.#encoder, options.onStage);
    using moments = forwardThrough(stages, pixels); // [B, h, w, 2 c]
    return slice(moments, -1, { end: c }); // [B, h, w, c]
  }

  /**
   * Decodes latents, neither shifted nor scaled, to pixels.
   *
   * @param latents `[B, h, w, c]`.
   * @param options See {@linkcode AutoencoderOptions}.
   * @returns `[B, H, W, 3]`, about in [-1, 1], owned by the caller.
   *
   * @throws {ShapeError} If the shape does not fit.
   */
  decode(latents: Tensor, options: AutoencoderOptions = {}): Tensor {
    const { latentChannels: c } = this.config;
    if (latents.shape.length !== 4 || latents.shape[3] !== c) {
      throw new ShapeError(
        "AutoencoderKl",
        `latents must be [B, h, w, ${c}]`,
        { latents: latents.shape },
      );
    }
    const stages = withHook(this.#decoder, options.onStage);
    return forwardThrough(stages, latents); // [B, H, W, 3]
  }

  /** Frees the parameters. */
  [Symbol.dispose](): void {
    for (const tensor of this.#parameters) tensor.dispose();
  }
}
