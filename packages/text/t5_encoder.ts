import {
  add,
  attention,
  type Device,
  gather,
  geluTanh,
  type Linear,
  mul,
  type ParameterReader,
  permute,
  rmsNorm,
  scope,
  Tensor,
} from "@edit-transfer/tensor";
import { checkTokens } from "./_check_tokens.ts";
import { OwnedParameters } from "./_owned_parameters.ts";
import type { TextForwardOptions } from "./forward_options.ts";
import { relativePositionBucket } from "./relative_position_bucket.ts";
import type { T5Config } from "./t5_config.ts";

interface Block {
  readonly attnNorm: Tensor;
  readonly q: Linear;
  readonly k: Linear;
  readonly v: Linear;
  readonly o: Linear;
  readonly mlpNorm: Tensor;
  readonly wi0: Linear;
  readonly wi1: Linear;
  readonly wo: Linear;
}

/**
 * The encoder of T5 v1.1: a bidirectional pre-norm transformer with a relative
 * position bias and a gated MLP, without biases and without 1/√D in attention.
 *
 * Numerics: all activations, the residual stream above all, are f32, whatever
 * the weights are stored in; in f16 the product before `wo` overflows.
 *
 * Source: `T5EncoderModel` of huggingface/transformers 5.23.0,
 * models/t5/modeling_t5.py; Raffel et al. 2020, https://arxiv.org/abs/1910.10683,
 * and Shazeer 2020, https://arxiv.org/abs/2002.05202, for the gate.
 */
export class T5Encoder implements Disposable {
  /** Sizes of the model. */
  readonly config: T5Config;
  readonly #device: Device;
  readonly #owned: OwnedParameters;
  readonly #blocks: Block[] = [];
  #tokens!: Tensor;
  #positionBias!: Tensor;
  #finalNorm!: Tensor;

  private constructor(reader: ParameterReader, config: T5Config) {
    this.config = config;
    this.#device = reader.device;
    this.#owned = new OwnedParameters();
  }

  /**
   * Loads the parameters.
   *
   * The token table is `shared.weight` or `encoder.embed_tokens.weight`.
   *
   * @param reader Reader of the weights, at the root of the text encoder.
   * @param config Sizes, from {@linkcode parseT5Config}.
   * @returns The encoder, owned by the caller.
   *
   * @throws {WeightError} If a parameter is missing or of another shape.
   */
  static async load(
    reader: ParameterReader,
    config: T5Config,
  ): Promise<T5Encoder> {
    const model = new T5Encoder(reader, config);
    try {
      await model.#load(reader);
    } catch (error) {
      model[Symbol.dispose]();
      throw error;
    }
    return model;
  }

  async #load(reader: ParameterReader): Promise<void> {
    const { modelSize: C, feedForwardSize: M, heads: H, headSize: D } =
      this.config;
    const owned = this.#owned;
    const encoder = reader.at("encoder");
    const bias = false;

    const table = [this.config.vocabSize, C];
    const stored = { dtype: "stored" } as const;
    this.#tokens = encoder.has("embed_tokens.weight")
      ? await owned.load(encoder, "embed_tokens.weight", table, stored)
      : await owned.load(reader, "shared.weight", table, stored);
    for (let i = 0; i < this.config.layers; i++) {
      const layer = encoder.at("block").at(i).at("layer");
      const attn = layer.at(0).at("SelfAttention");
      const mlp = layer.at(1).at("DenseReluDense");
      if (i === 0) {
        // Only the first block has the table, which all blocks use.
        this.#positionBias = await owned.load(
          attn.at("relative_attention_bias"),
          "weight",
          [this.config.buckets, H],
        );
      }
      this.#blocks.push({
        attnNorm: await owned.load(layer.at(0).at("layer_norm"), "weight", [C]),
        q: await owned.linear(attn, "q", H * D, C, { bias }),
        k: await owned.linear(attn, "k", H * D, C, { bias }),
        v: await owned.linear(attn, "v", H * D, C, { bias }),
        o: await owned.linear(attn, "o", C, H * D, { bias }),
        mlpNorm: await owned.load(layer.at(1).at("layer_norm"), "weight", [C]),
        wi0: await owned.linear(mlp, "wi_0", M, C, { bias }),
        wi1: await owned.linear(mlp, "wi_1", M, C, { bias }),
        wo: await owned.linear(mlp, "wo", C, M, { bias }),
      });
    }
    this.#finalNorm = await owned.load(
      encoder.at("final_layer_norm"),
      "weight",
      [C],
    );
  }

  /**
   * Encodes texts of equal length; padding is attended to, as FLUX does.
   *
   * @param tokens Ids of B texts of T tokens each, padding included.
   * @param options See {@linkcode TextForwardOptions}; the stages are
   * `embeddings` and `block.N`.
   * @returns States `[B, T, C]`, owned by the caller.
   *
   * @throws {RangeError} If the texts differ in length or an id is not in the
   * vocabulary.
   */
  forward(
    tokens: readonly (readonly number[])[],
    options: TextForwardOptions = {},
  ): Tensor {
    const { onStage } = options;
    const { layerNormEps: eps, vocabSize } = this.config;
    const T = checkTokens(tokens, { model: "the T5 encoder", vocabSize });
    return scope(() => {
      const ids = Tensor.from(this.#device, tokens.flat(), {
        shape: [tokens.length, T],
        dtype: "i32",
      });
      const bias = scope(() => this.#bias(T)); // [1, H, T, T]

      let x = gather(this.#tokens, ids); // [B, T, C]
      onStage?.("embeddings", x);
      for (const [i, block] of this.#blocks.entries()) {
        const y = scope(() => this.#block(block, x, bias));
        x.dispose();
        x = y;
        onStage?.(`block.${i}`, x);
      }
      return rmsNorm(x, this.#finalNorm, { eps });
    });
  }

  /** Position bias of every pair of tokens, `[1, H, T, T]`. */
  #bias(T: number): Tensor {
    const { buckets, maxDistance, heads: H } = this.config;
    const ofDistance = Int32Array.from(
      { length: 2 * T - 1 },
      (_, i) => relativePositionBucket(i - T + 1, { buckets, maxDistance }),
    );
    const ofPair = new Int32Array(T * T);
    for (let i = 0; i < T; i++) {
      ofPair.set(ofDistance.subarray(T - 1 - i, 2 * T - 1 - i), i * T);
    }
    const indices = Tensor.from(this.#device, ofPair, {
      shape: [T, T],
      dtype: "i32",
    });
    const bias = permute(gather(this.#positionBias, indices), [2, 0, 1]); // [H, T, T]
    return bias.reshape([1, H, T, T]); // [1, H, T, T]
  }

  /** One transformer block; x, result `[B, T, C]`. */
  #block(block: Block, x: Tensor, bias: Tensor): Tensor {
    const { heads: H, headSize: D, layerNormEps: eps } = this.config;
    const [B, T] = x.shape as [number, number];
    const split = (y: Tensor) => permute(y.reshape([B, T, H, D]), [0, 2, 1, 3]); // [B, H, T, D]

    const normed = rmsNorm(x, block.attnNorm, { eps });
    const mixed = attention(
      split(block.q.forward(normed)),
      split(block.k.forward(normed)),
      split(block.v.forward(normed)),
      { scale: 1, bias },
    ); // [B, H, T, D]
    const merged = permute(mixed, [0, 2, 1, 3]).reshape([B, T, H * D]); // [B, T, H·D]
    const y = add(x, block.o.forward(merged)); // [B, T, C]

    const inner = rmsNorm(y, block.mlpNorm, { eps });
    const gate = geluTanh(block.wi0.forward(inner)); // [B, T, M]
    const wide = mul(gate, block.wi1.forward(inner)); // [B, T, M]
    return add(y, block.wo.forward(wide)); // [B, T, C]
  }

  /** Frees the parameters. */
  [Symbol.dispose](): void {
    this.#owned[Symbol.dispose]();
  }
}
