import {
  add,
  type Device,
  gather,
  layerNorm,
  type Linear,
  type ParameterReader,
  scope,
  Tensor,
} from "@edit-transfer/tensor";
import type { ClipTextConfig } from "./clip_config.ts";
import { ClipLayers } from "./clip_layers.ts";
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
  #layers!: ClipLayers;
  #finalNorm!: { readonly weight: Tensor; readonly bias: Tensor };

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
    const { hiddenSize: C } = this.config;
    const owned = this.#owned;
    const root = reader.has("text_model.embeddings.token_embedding.weight")
      ? reader.at("text_model")
      : reader;

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
    this.#layers = await ClipLayers.load(root, this.config);
    const norm = root.at("final_layer_norm");
    this.#finalNorm = {
      weight: await owned.load(norm, "weight", [C]),
      bias: await owned.load(norm, "bias", [C]),
    };
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

      const embedded = add(
        gather(this.#tokens, ids),
        gather(this.#positions, positions),
      ); // [B, T, C]
      onStage?.("embeddings", embedded);
      const x = this.#layers.forward(embedded, { mask, onStage }); // [B, T, C]
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

  /**
   * Linear layers, to which low-rank branches can be added.
   *
   * @returns The layers by their path in the checkpoint without `text_model.`,
   * e.g. `"encoder.layers.0.self_attn.q_proj"`.
   */
  linears(): ReadonlyMap<string, Linear> {
    return this.#layers.linears();
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
    this.#layers?.[Symbol.dispose]();
  }
}

/** 0 where a token may look, and so far down elsewhere that exp gives 0. */
function causalMask(device: Device, T: number): Tensor {
  const mask = new Float32Array(T * T);
  for (let i = 0; i < T; i++) mask.fill(-1e30, i * T + i + 1, (i + 1) * T);
  return Tensor.from(device, mask, { shape: [1, 1, T, T] });
}
