import {
  add,
  attention,
  gelu,
  layerNorm,
  type Linear,
  type ParameterReader,
  permute,
  quickGelu,
  scope,
  type Tensor,
} from "@edit-transfer/tensor";
import type { ClipTextConfig } from "./clip_config.ts";
import { OwnedParameters } from "./_owned_parameters.ts";

/** Sizes of the layers of a CLIP tower, of texts or of pictures. */
export type ClipLayersConfig = Pick<
  ClipTextConfig,
  | "hiddenSize"
  | "intermediateSize"
  | "layers"
  | "heads"
  | "activation"
  | "layerNormEps"
>;

/** Options of {@linkcode ClipLayers.forward}. */
export interface ClipLayersOptions {
  /** Added to the scores of attention, `[1, 1, T, T]`. */
  readonly mask?: Tensor | undefined;
  /** Called with the name `layers.N` and the output `[B, T, C]` of each layer. */
  readonly onStage?: ((name: string, output: Tensor) => void) | undefined;
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
 * The layers of both towers of CLIP: attention and an MLP, each behind a layer
 * norm and added to what it was given.
 *
 * Source: `CLIPEncoder` of huggingface/transformers 5.23.0,
 * models/clip/modeling_clip.py.
 */
export class ClipLayers implements Disposable {
  readonly #config: ClipLayersConfig;
  readonly #owned = new OwnedParameters();
  readonly #layers: Layer[] = [];

  private constructor(config: ClipLayersConfig) {
    this.#config = config;
  }

  /**
   * Loads the parameters.
   *
   * @param reader Reader of the weights, at the root of the tower.
   * @param config Sizes.
   * @returns The layers, owned by the caller.
   *
   * @throws {WeightError} If a parameter is missing or of another shape.
   */
  static async load(
    reader: ParameterReader,
    config: ClipLayersConfig,
  ): Promise<ClipLayers> {
    const layers = new ClipLayers(config);
    try {
      await layers.#load(reader.at("encoder").at("layers"));
    } catch (error) {
      layers[Symbol.dispose]();
      throw error;
    }
    return layers;
  }

  async #load(reader: ParameterReader): Promise<void> {
    const { hiddenSize: C, intermediateSize: M } = this.#config;
    const owned = this.#owned;
    const norm = async (at: ParameterReader): Promise<Norm> => ({
      weight: await owned.load(at, "weight", [C]),
      bias: await owned.load(at, "bias", [C]),
    });
    for (let i = 0; i < this.#config.layers; i++) {
      const layer = reader.at(i);
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
  }

  /**
   * Applies the layers.
   *
   * @param x Embeddings `[B, T, C]`.
   * @param options See {@linkcode ClipLayersOptions}.
   * @returns `[B, T, C]`, owned by the caller.
   */
  forward(x: Tensor, options: ClipLayersOptions = {}): Tensor {
    const { mask, onStage } = options;
    return scope(() =>
      this.#layers.reduce((x, layer, i) => {
        const y = scope(() => this.#layer(layer, x, mask)); // [B, T, C]
        onStage?.(`layers.${i}`, y);
        return y;
      }, x)
    );
  }

  /** One layer; x, result `[B, T, C]`. */
  #layer(layer: Layer, x: Tensor, mask: Tensor | undefined): Tensor {
    const { hiddenSize: C, heads: H, layerNormEps: eps } = this.#config;
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

    const activation = this.#config.activation === "gelu" ? gelu : quickGelu;
    const wide = activation(
      layer.fc1.forward(layerNorm(y, { ...layer.norm2, eps })),
    ); // [B, T, M]
    return add(y, layer.fc2.forward(wide)); // [B, T, C]
  }

  /**
   * Linear layers, to which low-rank branches can be added.
   *
   * @returns The layers by their path in the checkpoint below the tower's root,
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

  /** Frees the parameters. */
  [Symbol.dispose](): void {
    this.#owned[Symbol.dispose]();
  }
}
