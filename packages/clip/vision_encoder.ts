import {
  add,
  concat,
  conv2d,
  layerNorm,
  type ParameterReader,
  scope,
  ShapeError,
  slice,
  type Tensor,
} from "@edit-transfer/tensor";
import { ClipLayers, type TextForwardOptions } from "@edit-transfer/text";
import type { ClipVisionConfig } from "./vision_config.ts";

/** Output of {@linkcode ClipVisionEncoder.forward}. */
export interface ClipVisionOutput {
  /** State of each picture's class token after its layer norm, `[B, C]`. */
  readonly pooled: Tensor;
  /** States after the last layer, `[B, T, C]`. */
  readonly hidden: Tensor;
}

/** Weight and bias of a layer norm, `[C]` each. */
interface Norm {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

/** What comes before and after the layers. */
interface Ends {
  /** `[C, p, p, c]`. */
  readonly patches: Tensor;
  /** `[C]`. */
  readonly classToken: Tensor;
  /** `[T, C]`. */
  readonly positions: Tensor;
  readonly preNorm: Norm;
  readonly postNorm: Norm;
}

/**
 * The vision tower of CLIP: a pre-norm transformer over patches and a class
 * token.
 *
 * Source: `CLIPVisionModel` of huggingface/transformers 5.23.0,
 * models/clip/modeling_clip.py; Radford et al. 2021,
 * https://arxiv.org/abs/2103.00020, section 2.4.
 */
export class ClipVisionEncoder implements Disposable {
  /** Sizes of the tower. */
  readonly config: ClipVisionConfig;
  readonly #ends: Ends;
  readonly #layers: ClipLayers;
  readonly #owned: Disposable;

  private constructor(
    config: ClipVisionConfig,
    { ends, layers, owned }: {
      readonly ends: Ends;
      readonly layers: ClipLayers;
      readonly owned: Disposable;
    },
  ) {
    this.config = config;
    this.#ends = ends;
    this.#layers = layers;
    this.#owned = owned;
  }

  /**
   * Loads the parameters.
   *
   * @param reader Reader of the weights, at `vision_model`.
   * @param config Sizes, from {@linkcode parseClipVisionConfig}.
   * @returns The tower, owned by the caller.
   *
   * @throws {WeightError} If a parameter is missing or of another shape.
   */
  static async load(
    reader: ParameterReader,
    config: ClipVisionConfig,
  ): Promise<ClipVisionEncoder> {
    const { hiddenSize: C, channels: c, patchSize: p } = config;
    using stack = new DisposableStack();
    const load = async (
      at: ParameterReader,
      name: string,
      shape: readonly number[],
      axes?: readonly number[],
    ) => stack.use(await at.load(name, shape, { axes }));
    const norm = async (name: string): Promise<Norm> => ({
      weight: await load(reader.at(name), "weight", [C]),
      bias: await load(reader.at(name), "bias", [C]),
    });
    const embeddings = reader.at("embeddings");
    const ends: Ends = {
      patches: await load(
        embeddings,
        "patch_embedding.weight",
        [C, c, p, p],
        [0, 2, 3, 1],
      ), // [C, p, p, c]
      classToken: await load(embeddings, "class_embedding", [C]),
      positions: await load(
        embeddings,
        "position_embedding.weight",
        [Math.floor(config.imageSize / p) ** 2 + 1, C],
      ),
      preNorm: await norm("pre_layrnorm"), // the checkpoint's spelling
      postNorm: await norm("post_layernorm"),
    };
    const layers = stack.use(await ClipLayers.load(reader, config));
    return new ClipVisionEncoder(config, { ends, layers, owned: stack.move() });
  }

  /**
   * Encodes pictures.
   *
   * @param pixels Normalised pictures, `[B, S, S, c]`.
   * @param options See {@linkcode TextForwardOptions}; the stages are
   * `embeddings` and `layers.N`.
   * @returns The states, owned by the caller.
   *
   * @throws {ShapeError} If the pictures are of another size.
   */
  forward(pixels: Tensor, options: TextForwardOptions = {}): ClipVisionOutput {
    const { onStage } = options;
    const {
      hiddenSize: C,
      layerNormEps: eps,
      imageSize: S,
      patchSize,
      channels: c,
    } = this.config;
    const [B] = pixels.shape;
    if (pixels.shape.join() !== [B, S, S, c].join()) {
      throw new ShapeError(
        "ClipVisionEncoder",
        `pixels must be [B, ${S}, ${S}, ${c}]`,
        { pixels: pixels.shape },
      );
    }
    const { patches, classToken, positions, preNorm, postNorm } = this.#ends;
    return scope(() => {
      const grid = conv2d(pixels, patches, { stride: patchSize }); // [B, g, g, C]
      const tokens = grid.reshape([B!, positions.shape[0]! - 1, C]); // [B, T - 1, C]
      const token = classToken.reshape([1, 1, C]); // [1, 1, C]
      const classes = concat(Array<Tensor>(B!).fill(token), 0); // [B, 1, C]
      const embedded = add(concat([classes, tokens], 1), positions); // [B, T, C]
      onStage?.("embeddings", embedded);
      const x = layerNorm(embedded, { ...preNorm, eps });
      const hidden = this.#layers.forward(x, { onStage }); // [B, T, C]
      const first = slice(hidden, 1, { end: 1 }).reshape([B!, C]); // [B, C]
      return { pooled: layerNorm(first, { ...postNorm, eps }), hidden };
    });
  }

  /** Frees the parameters. */
  [Symbol.dispose](): void {
    this.#owned[Symbol.dispose]();
  }
}
