import {
  add,
  attention,
  BlockStore,
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

/** Options of {@linkcode T5Encoder.load}. */
export interface T5LoadOptions {
  /**
   * Whether the blocks are loaded one by one for each forward pass, and freed
   * after it.
   *
   * @default {false}
   */
  readonly streamed?: boolean | undefined;
}

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
  #blocks!: BlockStore<Block>;
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
   * @param options See {@linkcode T5LoadOptions}.
   * @returns The encoder, owned by the caller.
   *
   * @throws {WeightError} If a parameter is missing or of another shape.
   */
  static async load(
    reader: ParameterReader,
    config: T5Config,
    options: T5LoadOptions = {},
  ): Promise<T5Encoder> {
    const model = new T5Encoder(reader, config);
    try {
      await model.#load(reader, options);
    } catch (error) {
      model[Symbol.dispose]();
      throw error;
    }
    return model;
  }

  async #load(
    reader: ParameterReader,
    { streamed = false }: T5LoadOptions,
  ): Promise<void> {
    const { modelSize: C, heads: H, layers } = this.config;
    const owned = this.#owned;
    const encoder = reader.at("encoder");

    const table = [this.config.vocabSize, C];
    const stored = { dtype: "stored" } as const;
    this.#tokens = reader.has("shared.weight") // the other is tied to it
      ? await owned.load(reader, "shared.weight", table, stored)
      : await owned.load(encoder, "embed_tokens.weight", table, stored);
    // only the first block has the table, which all blocks use
    this.#positionBias = await owned.load(
      encoder.at("block.0.layer.0.SelfAttention.relative_attention_bias"),
      "weight",
      [this.config.buckets, H],
    );
    this.#blocks = await BlockStore.load(
      encoder,
      Array.from({ length: layers }, (_, i) => ({
        path: `block.${i}`,
        load: (block) => loadBlock(block, this.config),
      })),
      {
        model: "T5Encoder",
        resident: streamed ? Array(layers).fill(false) : undefined,
        linears: linearsOf,
      },
    );
    this.#finalNorm = await owned.load(
      encoder.at("final_layer_norm"),
      "weight",
      [C],
    );
  }

  /**
   * Encodes texts of equal length; padding is attended to, as FLUX does. Not
   * under a gradient.
   *
   * @param tokens Ids of B texts of T tokens each, padding included.
   * @param options See {@linkcode TextForwardOptions}; the stages are
   * `embeddings` and `block.N`.
   * @returns States `[B, T, C]`, owned by the caller.
   *
   * @throws {RangeError} If the texts differ in length or an id is not in the
   * vocabulary.
   */
  async forward(
    tokens: readonly (readonly number[])[],
    options: TextForwardOptions = {},
  ): Promise<Tensor> {
    const { onStage } = options;
    const { layerNormEps: eps, vocabSize } = this.config;
    const T = checkTokens(tokens, { model: "the T5 encoder", vocabSize });
    const { bias, ...embedded } = scope(() => {
      const ids = Tensor.from(this.#device, tokens.flat(), {
        shape: [tokens.length, T],
        dtype: "i32",
      });
      const bias = this.#bias(T); // [1, H, T, T]
      return { x: gather(this.#tokens, ids), bias }; // [B, T, C]
    });
    let { x } = embedded;
    try {
      onStage?.("embeddings", x);
      await this.#blocks.pass(this.#device, (block, i) => {
        const y = scope(() => this.#block(block, x, bias)); // [B, T, C]
        x.dispose();
        x = y;
        onStage?.(`block.${i}`, x);
      });
      return scope(() => rmsNorm(x, this.#finalNorm, { eps }));
    } finally {
      x.dispose();
      bias.dispose();
    }
  }

  /**
   * Linear layers, to which low-rank branches can be added.
   *
   * @returns The layers by their path in the checkpoint, e.g.
   * `"encoder.block.0.layer.0.SelfAttention.q"`.
   */
  linears(): ReadonlyMap<string, Linear> {
    return new Map(
      [...this.#blocks.linears()].map((
        [path, linear],
      ) => [`encoder.${path}`, linear]),
    );
  }

  /** Bytes of the largest block that is loaded for each pass, 0 if none is. */
  get streamedBytes(): number {
    return this.#blocks.streamedBytes;
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
    this.#blocks?.[Symbol.dispose]();
    this.#owned[Symbol.dispose]();
  }
}

/** Linear layers of a block by their path below it. */
function linearsOf(block: Block): Record<string, Linear> {
  return {
    "layer.0.SelfAttention.q": block.q,
    "layer.0.SelfAttention.k": block.k,
    "layer.0.SelfAttention.v": block.v,
    "layer.0.SelfAttention.o": block.o,
    "layer.1.DenseReluDense.wi_0": block.wi0,
    "layer.1.DenseReluDense.wi_1": block.wi1,
    "layer.1.DenseReluDense.wo": block.wo,
  };
}

/** A block by a reader at its path. */
async function loadBlock(
  reader: ParameterReader,
  { modelSize: C, feedForwardSize: M, heads: H, headSize: D }: T5Config,
): Promise<Block> {
  const layer = reader.at("layer");
  const attn = layer.at(0).at("SelfAttention");
  const mlp = layer.at(1).at("DenseReluDense");
  const options = { bias: false, dtype: "stored" } as const;
  return {
    attnNorm: await layer.at(0).load("layer_norm.weight", [C]),
    q: await attn.linear("q", H * D, C, options),
    k: await attn.linear("k", H * D, C, options),
    v: await attn.linear("v", H * D, C, options),
    o: await attn.linear("o", C, H * D, options),
    mlpNorm: await layer.at(1).load("layer_norm.weight", [C]),
    wi0: await mlp.linear("wi_0", M, C, options),
    wi1: await mlp.linear("wi_1", M, C, options),
    wo: await mlp.linear("wo", C, M, options),
  };
}
