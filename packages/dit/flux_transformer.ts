import {
  BlockStore,
  checkpoint,
  concat,
  type Gain,
  keep,
  type Linear,
  type ParameterReader,
  scope,
  silu,
  slice,
  type Tensor,
  tune,
} from "@edit-transfer/tensor";
import type { FluxConfig } from "./config.ts";
import { DoubleBlock } from "./double_block.ts";
import { VectorEmbedder } from "./embed.ts";
import { FinalLayer } from "./final_layer.ts";
import { checkInputs, type FluxInputs } from "./flux_inputs.ts";
import { type RopeTables, ropeTables } from "./rope.ts";
import { SingleBlock } from "./single_block.ts";

/** A block of either kind. */
type Block = DoubleBlock | SingleBlock;

/** Options of {@linkcode FluxTransformer.load}. */
export interface FluxLoadOptions {
  /**
   * Which blocks stay on the device, double ones first; the others are loaded
   * each time {@linkcode FluxTransformer.velocity} comes to them.
   *
   * @default {all}
   */
  readonly resident?: readonly boolean[] | undefined;
}

/** Parts of a {@linkcode FluxTransformer} besides its blocks, named as in the reference. */
interface Parts {
  readonly imgIn: Linear;
  readonly txtIn: Linear;
  readonly vecIn: VectorEmbedder;
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
  readonly #blocks: BlockStore<Block>;
  readonly #parameters: readonly Tensor[];
  #positions: (RopeTables & Pick<FluxInputs, "imgIds" | "txtIds">) | undefined;

  private constructor(
    config: FluxConfig,
    { parts, blocks, parameters }: {
      readonly parts: Parts;
      readonly blocks: BlockStore<Block>;
      readonly parameters: readonly Tensor[];
    },
  ) {
    this.config = config;
    this.#parts = parts;
    this.#blocks = blocks;
    this.#parameters = parameters;
  }

  /**
   * Loads the parameters of a diffusers-layout checkpoint.
   *
   * @param reader Reader at the root of the transformer's weights.
   * @param config Architecture, from {@linkcode parseFluxConfig}.
   * @param options See {@linkcode FluxLoadOptions}.
   * @returns The model, owned by the caller, who disposes it.
   *
   * @throws {WeightError} If a parameter is missing or of another shape.
   */
  static async load(
    reader: ParameterReader,
    config: FluxConfig,
    options: FluxLoadOptions = {},
  ): Promise<FluxTransformer> {
    const { inChannels, jointAttentionDim, hiddenSize: C } = config;
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
      const blocks = await BlockStore.load(reader, blocksOf(config), {
        model: "FluxTransformer",
        resident: options.resident,
        streaming: "velocity()",
        linears: (block) => block.linears(),
        gains: (block) => block.gains(),
      });
      const finalLayer = await FinalLayer.load(reader, config);
      return new FluxTransformer(config, {
        parts: { imgIn, txtIn, vecIn, finalLayer },
        blocks,
        parameters: reader.loaded(),
      });
    } catch (error) {
      for (const tensor of reader.loaded()) tensor.dispose();
      throw error;
    }
  }

  /**
   * Predicts the velocity `noise - data` of every image token at once, as the
   * gradient by a LoRA needs it.
   *
   * @param inputs See {@linkcode FluxInputs}.
   * @returns `[B, I, outChannels]`, owned by the caller.
   *
   * @throws {ShapeError} If the shapes do not fit the architecture or each other.
   * @throws {TypeError} If the model embeds guidance and none is given.
   * @throws {Error} If a block is not on the device.
   */
  forward(inputs: FluxInputs): Tensor {
    checkInputs(inputs, this.config);
    const pe = this.#rope(inputs);
    return scope(() => {
      const { vec, ...embedded } = this.#embed(inputs);
      let streams = embedded.streams;
      for (let i = 0; i < this.#blocks.length; i++) {
        const next = this.#pass(i, this.#blocks.at(i), {
          streams,
          vec,
          pe,
          inputs,
        });
        free(streams);
        streams = next;
      }
      return this.#predict(streams, vec, inputs);
    });
  }

  /**
   * Predicts the velocity as {@linkcode FluxTransformer.forward} does, to the
   * same bytes, loading each block that does not stay while the device is busy
   * with those before it, see {@linkcode BlockStore.pass}.
   *
   * @param inputs See {@linkcode FluxInputs}; not under a gradient.
   * @param options `signal` stops before the next block.
   * @returns `[B, I, outChannels]`, owned by the caller.
   *
   * @throws {ShapeError} If the shapes do not fit the architecture or each other.
   * @throws {TypeError} If the model embeds guidance and none is given.
   */
  async velocity(
    inputs: FluxInputs,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Tensor> {
    checkInputs(inputs, this.config);
    const pe = this.#rope(inputs);
    const { device } = inputs.img;
    const { vec, ...embedded } = await tune(
      device,
      () => scope(() => this.#embed(inputs)),
      ({ streams, vec }) => free([...streams, vec]),
    );
    let streams = embedded.streams;
    try {
      await this.#blocks.pass(device, async (block, i) => {
        const next = await tune(
          device,
          () => this.#pass(i, block, { streams, vec, pe, inputs }),
          free,
        );
        free(streams);
        streams = next;
      }, { signal });
      return await tune(
        device,
        () => scope(() => this.#predict(streams, vec, inputs)),
        (velocity) => velocity.dispose(),
      );
    } finally {
      free([...streams, vec]);
    }
  }

  /**
   * Linear layers, to which low-rank branches can be added: of all blocks, then
   * those before and after them.
   *
   * @returns The layers by their path in the checkpoint, e.g.
   * `"transformer_blocks.0.attn.to_q"`.
   */
  linears(): ReadonlyMap<string, Linear> {
    const { imgIn, txtIn, vecIn, finalLayer } = this.#parts;
    return new Map([
      ...this.#blocks.linears(),
      ["x_embedder", imgIn],
      ["context_embedder", txtIn],
      ...Object.entries(vecIn.linears()).map(([path, linear]) =>
        [`time_text_embed.${path}`, linear] as const
      ),
      ["norm_out.linear", finalLayer.mod],
      ["proj_out", finalLayer.linear],
    ]);
  }

  /**
   * All that an adapter can change: linear layers, and the gains of norms.
   *
   * @returns The layers by their path in the checkpoint.
   */
  layers(): ReadonlyMap<string, Linear | Gain> {
    return new Map<string, Linear | Gain>([
      ...this.linears(),
      ...this.#blocks.gains(),
    ]);
  }

  /** Bytes of each block on the device, double ones first. */
  get blockBytes(): readonly number[] {
    return this.#blocks.sizes;
  }

  /** Bytes of the largest block that is loaded in each step, 0 if none is. */
  get streamedBytes(): number {
    return this.#blocks.streamedBytes;
  }

  /** Frees the parameters. */
  [Symbol.dispose](): void {
    this.#freePositions();
    this.#blocks[Symbol.dispose]();
    for (const tensor of this.#parameters) tensor.dispose();
  }

  /** Tokens in the model's width, and `silu(vec)` with which every modulation begins. */
  #embed(inputs: FluxInputs): { streams: readonly Tensor[]; vec: Tensor } {
    const { imgIn, txtIn, vecIn } = this.#parts;
    const { onStage } = inputs;
    const img = imgIn.forward(inputs.img); // [B, I, C]
    onStage?.("x_embedder", img);
    const txt = txtIn.forward(inputs.txt); // [B, T, C]
    onStage?.("context_embedder", txt);
    const embedded = vecIn.forward(inputs); // [B, C]
    onStage?.("time_text_embed", embedded);
    return { streams: [img, txt], vec: silu(embedded) };
  }

  /** Runs a block: image and text apart in a double one, then as one. */
  #pass(
    index: number,
    block: Block,
    { streams, vec, pe, inputs: { checkpoint: checked, onStage } }: {
      readonly streams: readonly Tensor[];
      readonly vec: Tensor;
      readonly pe: RopeTables;
      readonly inputs: FluxInputs;
    },
  ): readonly Tensor[] {
    const run = checked === true ? checkpoint : plain;
    if (block instanceof DoubleBlock) {
      const next = run(([img, txt, vec]) => {
        const next = block.forward({ img: img!, txt: txt! }, vec!, pe);
        return [next.img, next.txt];
      }, [...streams, vec]);
      onStage?.(`transformer_blocks.${index}.img`, next[0]!);
      onStage?.(`transformer_blocks.${index}.txt`, next[1]!);
      return next;
    }
    return scope(() => {
      const x = joined(streams); // [B, T + I, C]
      const next = run(([x, vec]) => [block.forward(x!, vec!, pe)], [x, vec]);
      const single = index - this.config.numLayers;
      onStage?.(`single_transformer_blocks.${single}`, next[0]!);
      return next;
    });
  }

  /** Drops the text and projects the image. */
  #predict(
    streams: readonly Tensor[],
    vec: Tensor,
    { txt, onStage }: FluxInputs,
  ): Tensor {
    const { finalLayer } = this.#parts;
    const img = slice(joined(streams), 1, { start: txt.shape[1]! }); // [B, I, C]
    const normed = finalLayer.norm(img, vec);
    onStage?.("norm_out", normed);
    const velocity = finalLayer.linear.forward(normed); // [B, I, outChannels]
    onStage?.("proj_out", velocity);
    return velocity;
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
}

/** The blocks in order, double ones first. */
function blocksOf(config: FluxConfig) {
  const { numLayers, numSingleLayers } = config;
  const places = (
    count: number,
    path: string,
    kind: {
      load(reader: ParameterReader, config: FluxConfig): Promise<Block>;
    },
  ) =>
    Array.from({ length: count }, (_, i) => ({
      path: `${path}.${i}`,
      load: (reader: ParameterReader) => kind.load(reader, config),
    }));
  return [
    ...places(numLayers, "transformer_blocks", DoubleBlock),
    ...places(numSingleLayers, "single_transformer_blocks", SingleBlock),
  ];
}

/** Image and text as one sequence, text first. */
function joined(streams: readonly Tensor[]): Tensor {
  const [x, txt] = streams;
  return txt === undefined ? x! : concat([txt, x!], 1); // [B, T + I, C]
}

function free(tensors: readonly Tensor[]): void {
  for (const tensor of tensors) tensor.dispose();
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
