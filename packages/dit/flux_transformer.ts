import {
  checkpoint,
  concat,
  keep,
  type Linear,
  type ParameterReader,
  scope,
  ShapeError,
  silu,
  slice,
  type Tensor,
} from "@edit-transfer/tensor";
import type { FluxConfig } from "./config.ts";
import { DoubleBlock } from "./double_block.ts";
import { VectorEmbedder } from "./embed.ts";
import { FinalLayer } from "./final_layer.ts";
import { type RopeTables, ropeTables } from "./rope.ts";
import { SingleBlock } from "./single_block.ts";

/** What {@linkcode FluxTransformer.forward} takes. */
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
  guidance?: number;
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
  checkpoint?: boolean;
  /**
   * Called with the output of each stage, named as in the checkpoint. The
   * tensor is freed afterwards: start reading it before returning.
   */
  onStage?: (name: string, tensor: Tensor) => void;
}

/** Parts of a {@linkcode FluxTransformer}, named as in the reference. */
interface Parts {
  readonly imgIn: Linear;
  readonly txtIn: Linear;
  readonly vecIn: VectorEmbedder;
  readonly doubleBlocks: readonly DoubleBlock[];
  readonly singleBlocks: readonly SingleBlock[];
  readonly finalLayer: FinalLayer;
}

/**
 * The FLUX.1 transformer: predicts the velocity of image tokens from noise to
 * data, negated, given their text.
 *
 * Source: Esser et al. 2024, https://arxiv.org/abs/2403.03206; `Flux` in
 * black-forest-labs/flux@802fb47, `src/flux/model.py`, with the parameter
 * names of `FluxTransformer2DModel` in huggingface/diffusers v0.42.1.
 */
export class FluxTransformer implements Disposable {
  /** Architecture. */
  readonly config: FluxConfig;
  readonly #parts: Parts;
  readonly #parameters: readonly Tensor[];
  #positions: (RopeTables & Pick<FluxInputs, "imgIds" | "txtIds">) | undefined;

  private constructor(
    config: FluxConfig,
    { parts, parameters }: { parts: Parts; parameters: readonly Tensor[] },
  ) {
    this.config = config;
    this.#parts = parts;
    this.#parameters = parameters;
  }

  /**
   * Loads the parameters of a diffusers-layout checkpoint.
   *
   * @param reader Reader at the root of the transformer's weights.
   * @param config Architecture, from {@linkcode parseFluxConfig}.
   * @returns The model, owned by the caller, who disposes it.
   *
   * @throws {WeightError} If a parameter is missing or of another shape.
   */
  static async load(
    reader: ParameterReader,
    config: FluxConfig,
  ): Promise<FluxTransformer> {
    const { inChannels, jointAttentionDim, hiddenSize: C } = config;
    const doubleBlocks: DoubleBlock[] = [];
    const singleBlocks: SingleBlock[] = [];
    try {
      const imgIn = await reader.linear("x_embedder", C, inChannels);
      const txtIn = await reader.linear(
        "context_embedder",
        C,
        jointAttentionDim,
      );
      const vecIn = await VectorEmbedder.load(
        reader.at("time_text_embed"),
        config,
      );
      for (let i = 0; i < config.numLayers; i++) {
        const block = reader.at("transformer_blocks").at(i);
        doubleBlocks.push(await DoubleBlock.load(block, config));
      }
      for (let i = 0; i < config.numSingleLayers; i++) {
        const block = reader.at("single_transformer_blocks").at(i);
        singleBlocks.push(await SingleBlock.load(block, config));
      }
      const finalLayer = await FinalLayer.load(reader, config);
      return new FluxTransformer(config, {
        parts: { imgIn, txtIn, vecIn, doubleBlocks, singleBlocks, finalLayer },
        parameters: reader.loaded(),
      });
    } catch (error) {
      for (const tensor of reader.loaded()) tensor.dispose();
      throw error;
    }
  }

  /**
   * Predicts the velocity `noise - data` of every image token.
   *
   * @param inputs See {@linkcode FluxInputs}.
   * @returns `[B, I, outChannels]`, owned by the caller.
   *
   * @throws {ShapeError} If the shapes do not fit the architecture or each other.
   * @throws {TypeError} If the model embeds guidance and none is given.
   */
  forward(inputs: FluxInputs): Tensor {
    this.#check(inputs);
    const { onStage } = inputs;
    const run = inputs.checkpoint === true ? checkpoint : plain;
    const { imgIn, txtIn, vecIn, doubleBlocks, singleBlocks, finalLayer } =
      this.#parts;
    const pe = this.#rope(inputs);
    return scope(() => {
      let img = imgIn.forward(inputs.img); // [B, I, C]
      onStage?.("x_embedder", img);
      let txt = txtIn.forward(inputs.txt); // [B, T, C]
      onStage?.("context_embedder", txt);
      const embedded = vecIn.forward(inputs); // [B, C]
      onStage?.("time_text_embed", embedded);
      const vec = silu(embedded); // [B, C], as every modulation begins with it

      for (const [i, block] of doubleBlocks.entries()) {
        const next = run(([img, txt, vec]) => {
          const next = block.forward({ img: img!, txt: txt! }, vec!, pe);
          return [next.img, next.txt];
        }, [img, txt, vec]);
        img.dispose();
        txt.dispose();
        [img, txt] = next as [Tensor, Tensor];
        onStage?.(`transformer_blocks.${i}.img`, img);
        onStage?.(`transformer_blocks.${i}.txt`, txt);
      }

      const T = txt.shape[1]!;
      let x = concat([txt, img], 1); // [B, T + I, C]
      for (const [i, block] of singleBlocks.entries()) {
        const next = run(([x, vec]) => [block.forward(x!, vec!, pe)], [x, vec]);
        x.dispose();
        x = next[0]!;
        onStage?.(`single_transformer_blocks.${i}`, x);
      }

      img = slice(x, 1, { start: T }); // [B, I, C]
      img = finalLayer.norm(img, vec);
      onStage?.("norm_out", img);
      const velocity = finalLayer.linear.forward(img); // [B, I, outChannels]
      onStage?.("proj_out", velocity);
      return velocity;
    });
  }

  /**
   * Linear layers of all blocks, to which low-rank branches can be added.
   *
   * @returns The layers by their path in the checkpoint, e.g.
   * `"transformer_blocks.0.attn.to_q"`.
   */
  linears(): ReadonlyMap<string, Linear> {
    const linears = new Map<string, Linear>();
    const add = (prefix: string, block: DoubleBlock | SingleBlock) => {
      for (const [path, linear] of Object.entries(block.linears())) {
        linears.set(`${prefix}.${path}`, linear);
      }
    };
    const { doubleBlocks, singleBlocks } = this.#parts;
    doubleBlocks.forEach((b, i) => add(`transformer_blocks.${i}`, b));
    singleBlocks.forEach((b, i) => add(`single_transformer_blocks.${i}`, b));
    return linears;
  }

  /** Frees the parameters. */
  [Symbol.dispose](): void {
    this.#freePositions();
    for (const tensor of this.#parameters) tensor.dispose();
  }

  /** Tables of the positions, kept for as long as these stay the same. */
  #rope({ img, imgIds, txtIds }: FluxInputs): RopeTables {
    const last = this.#positions;
    if (
      last !== undefined && last.cos.device === img.device &&
      sameIds(last.imgIds, imgIds) && sameIds(last.txtIds, txtIds)
    ) return last;
    this.#freePositions();
    const axesDims = this.config.axesDimsRope;
    const { cos, sin } = ropeTables([...txtIds, ...imgIds], {
      axesDims,
      device: img.device,
    }); // [T + I, D / 2]
    this.#positions = {
      cos: keep(cos),
      sin: keep(sin),
      imgIds: structuredClone(imgIds),
      txtIds: structuredClone(txtIds),
    };
    return this.#positions;
  }

  #freePositions(): void {
    this.#positions?.cos.dispose();
    this.#positions?.sin.dispose();
    this.#positions = undefined;
  }

  #check(inputs: FluxInputs): void {
    const { img, txt, pooled, imgIds, txtIds, guidance } = inputs;
    const { inChannels, jointAttentionDim, pooledProjectionDim } = this.config;
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
    const axes = this.config.axesDimsRope.length;
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
    if (this.config.guidanceEmbeds && guidance === undefined) {
      throw new TypeError(
        "Cannot run FluxTransformer as the model embeds a guidance scale: got none",
      );
    }
  }
}

/** A block without a checkpoint. */
const plain: typeof checkpoint = (f, inputs) => scope(() => f(inputs));

/** Whether two lists of positions are equal. */
function sameIds(
  a: readonly (readonly number[])[],
  b: readonly (readonly number[])[],
): boolean {
  return a.length === b.length &&
    a.every((id, i) => id.every((value, axis) => value === b[i]![axis]));
}
