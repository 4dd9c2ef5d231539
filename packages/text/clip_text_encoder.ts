import {
  add,
  attention,
  type Device,
  gather,
  gelu,
  layerNorm,
  type Linear,
  type ParameterReader,
  permute,
  quickGelu,
  scope,
  Tensor,
} from "@edit-transfer/tensor";
import type { ClipTextConfig } from "./clip_config.ts";
import { checkTokens } from "./_check_tokens.ts";
import { OwnedParameters } from "./_owned_parameters.ts";
import type { TextForwardOptions } from "./forward_options.ts";

/** Output of {@linkcode ClipTextEncoder.forward}. */
export interface ClipTextOutput {
  /** State of each text's end-of-text token, `[B, C]`. */
  readonly pooled: Tensor;
  /** States after the final layer norm, `[B, T, C]`. */
  readonly hidden: Tensor;
}

/** Weight and bias of a layer norm, `[C]` each. */
interface Norm {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

interface Layer {
  readonly norm1: Norm;
  readonly q: Linear;
  readonly k: Linear;
  readonly v: Linear;
  readonly out: Linear;
  readonly norm2: Norm;
  readonly fc1: Linear;
  readonly fc2: Linear;
}

/**
 * The text encoder of CLIP: a causal pre-norm transformer.
 *
 * Source: `CLIPTextModel` of huggingface/transformers 5.23.0,
 * models/clip/modeling_clip.py; Radford et al. 2021,
 * https://arxiv.org/abs/2103.00020, section 2.4.
 */
export class ClipTextEncoder implements Disposable {
  /** Sizes of the model. */
  readonly config: ClipTextConfig;
  readonly #device: Device;
  readonly #owned: OwnedParameters;
  #tokens!: Tensor;
  #positions!: Tensor;
  #layers: Layer[] = [];
  #finalNorm!: Norm;

  private constructor(reader: ParameterReader, config: ClipTextConfig) {
    this.config = config;
    this.#device = reader.device;
    this.#owned = new OwnedParameters();
  }

  /**
   * Loads the parameters.
   *
   * Names may begin with `text_model.`, as older files have it.
   *
   * @param reader Reader of the weights, at the root of the text encoder.
   * @param config Sizes, from {@linkcode parseClipTextConfig}.
   * @returns The encoder, owned by the caller.
   *
   * @throws {WeightError} If a parameter is missing or of another shape.
   */
  static async load(
    reader: ParameterReader,
    config: ClipTextConfig,
  ): Promise<ClipTextEncoder> {
    const model = new ClipTextEncoder(reader, config);
    try {
      await model.#load(reader);
    } catch (error) {
      model[Symbol.dispose]();
      throw error;
    }
    return model;
  }

  async #load(reader: ParameterReader): Promise<void> {
    const { hiddenSize: C, intermediateSize: M } = this.config;
    const owned = this.#owned;
    const root = reader.has("text_model.embeddings.token_embedding.weight")
      ? reader.at("text_model")
      : reader;
    const norm = async (at: ParameterReader): Promise<Norm> => ({
      weight: await owned.load(at, "weight", [C]),
      bias: await owned.load(at, "bias", [C]),
    });

    const embeddings = root.at("embeddings");
    this.#tokens = await owned.load(embeddings, "token_embedding.weight", [
      this.config.vocabSize,
      C,
    ], { dtype: "stored" });
    this.#positions = await owned.load(
      embeddings,
      "position_embedding.weight",
      [this.config.maxPositions, C],
      { dtype: "stored" },
    );
    for (let i = 0; i < this.config.layers; i++) {
      const layer = root.at("encoder").at("layers").at(i);
      const attn = layer.at("self_attn");
      const mlp = layer.at("mlp");
      this.#layers.push({
        norm1: await norm(layer.at("layer_norm1")),
        q: await owned.linear(attn, "q_proj", C, C),
        k: await owned.linear(attn, "k_proj", C, C),
        v: await owned.linear(attn, "v_proj", C, C),
        out: await owned.linear(attn, "out_proj", C, C),
        norm2: await norm(layer.at("layer_norm2")),
        fc1: await owned.linear(mlp, "fc1", M, C),
        fc2: await owned.linear(mlp, "fc2", C, M),
      });
    }
    this.#finalNorm = await norm(root.at("final_layer_norm"));
  }

  /**
   * Encodes texts of equal length.
   *
   * @param tokens Ids of B texts of T tokens each, padding included.
   * @param options See {@linkcode TextForwardOptions}; the stages are `embeddings`
   * and `layers.N`.
   * @returns The states, owned by the caller.
   *
   * @throws {RangeError} If the texts differ in length, are too long, or an id
   * is not in the vocabulary.
   */
  forward(
    tokens: readonly (readonly number[])[],
    options: TextForwardOptions = {},
  ): ClipTextOutput {
    const { onStage } = options;
    const { hiddenSize: C, layerNormEps: eps, vocabSize } = this.config;
    const T = checkTokens(tokens, {
      model: "the CLIP text encoder",
      vocabSize,
      maxTokens: this.config.maxPositions,
    });
    const B = tokens.length;
    return scope(() => {
      const ids = Tensor.from(this.#device, tokens.flat(), {
        shape: [B, T],
        dtype: "i32",
      });
      const positions = Tensor.from(this.#device, [...Array(T).keys()], {
        dtype: "i32",
      });
      const mask = causalMask(this.#device, T); // [1, 1, T, T]

      let x = add(
        gather(this.#tokens, ids),
        gather(this.#positions, positions),
      ); // [B, T, C]
      onStage?.("embeddings", x);
      for (const [i, layer] of this.#layers.entries()) {
        x = scope(() => this.#layer(layer, x, mask));
        onStage?.(`layers.${i}`, x);
      }

      const hidden = layerNorm(x, { ...this.#finalNorm, eps });
      const ends = Tensor.from(
        this.#device,
        tokens.map((row, b) => b * T + this.#endOfText(row)),
        { dtype: "i32" },
      );
      const pooled = gather(hidden.reshape([B * T, C]), ends); // [B, C]
      return { pooled, hidden };
    });
  }

  /** One transformer layer; x, result `[B, T, C]`. */
  #layer(layer: Layer, x: Tensor, mask: Tensor): Tensor {
    const { hiddenSize: C, heads: H, layerNormEps: eps } = this.config;
    const [B, T] = x.shape as [number, number];
    const split = (y: Tensor) =>
      permute(y.reshape([B, T, H, C / H]), [0, 2, 1, 3]); // [B, H, T, D]

    const normed = layerNorm(x, { ...layer.norm1, eps });
    const mixed = attention(
      split(layer.q.forward(normed)),
      split(layer.k.forward(normed)),
      split(layer.v.forward(normed)),
      { bias: mask },
    ); // [B, H, T, D]
    const merged = permute(mixed, [0, 2, 1, 3]).reshape([B, T, C]); // [B, T, C]
    const y = add(x, layer.out.forward(merged));

    const activation = this.config.activation === "gelu" ? gelu : quickGelu;
    const wide = activation(
      layer.fc1.forward(layerNorm(y, { ...layer.norm2, eps })),
    ); // [B, T, M]
    return add(y, layer.fc2.forward(wide)); // [B, T, C]
  }

  /**
   * Linear layers, to which low-rank branches can be added.
   *
   * @returns The layers by their path in the checkpoint without `text_model.`,
   * e.g. `"encoder.layers.0.self_attn.q_proj"`.
   */
  linears(): ReadonlyMap<string, Linear> {
    return new Map(this.#layers.flatMap((layer, i) =>
      Object.entries({
        "self_attn.q_proj": layer.q,
        "self_attn.k_proj": layer.k,
        "self_attn.v_proj": layer.v,
        "self_attn.out_proj": layer.out,
        "mlp.fc1": layer.fc1,
        "mlp.fc2": layer.fc2,
      }).map(([path, linear]) => [`encoder.layers.${i}.${path}`, linear])
    ));
  }

  /** Index of the token whose state is pooled; 0 if there is none. */
  #endOfText(ids: readonly number[]): number {
    const { eosTokenId } = this.config;
    // Configs written before transformers 4.31 say 2 and mean the largest id.
    const end = eosTokenId === 2
      ? ids.reduce((max, id) => Math.max(max, id), 0)
      : eosTokenId;
    return Math.max(ids.indexOf(end), 0);
  }

  /** Frees the parameters. */
  [Symbol.dispose](): void {
    this.#owned[Symbol.dispose]();
  }
}

/** 0 where a token may look, and so far down elsewhere that exp gives 0. */
function causalMask(device: Device, T: number): Tensor {
  const mask = new Float32Array(T * T);
  for (let i = 0; i < T; i++) mask.fill(-1e30, i * T + i + 1, (i + 1) * T);
  return Tensor.from(device, mask, { shape: [1, 1, T, T] });
}
