import {
  BlockStore,
  type Device,
  type DType,
  type Gain,
  type Linear,
  type ParameterReader,
  scope,
  silu,
  slice,
  type Tensor,
  tune,
} from "@edit-transfer/tensor";
import type { FluxConfig } from "./config.ts";
import { blockLoaders } from "./block_loaders.ts";
import { DoubleBlock } from "./double_block.ts";
import { VectorEmbedder } from "./embed.ts";
import { FinalLayer } from "./final_layer.ts";
import {
  checkTokens,
  type FluxInputs,
  type FluxTokens,
} from "./flux_inputs.ts";
import { KeptTokens, type KeysValues } from "./kept_tokens.ts";
import { PositionTables } from "./position_tables.ts";
import {
  type Block,
  type BlockResult,
  joined,
  runBlock,
  type TokenGroup,
} from "./token_groups.ts";

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

/** Options of {@linkcode FluxTransformer.keep}. */
export interface KeepOptions extends Pick<FluxInputs, "kept"> {
  /**
   * Type that keys and values are kept in.
   *
   * @default {"f32"}
   */
  readonly dtype?: "f32" | "f16" | "bf16" | undefined;
  /** Stops before the next block. */
  readonly signal?: AbortSignal | undefined;
}

/** What a pass through the blocks needs besides the tokens. */
interface PassOptions {
  readonly inputs: Partial<FluxInputs>;
  /** Type in which keys and values are kept, if they are. */
  readonly keeps?: DType | undefined;
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
  readonly #positions: PositionTables;

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
    this.#positions = new PositionTables(config);
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
      const blocks = await BlockStore.load(reader, blockLoaders(config), {
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
    const tokens = [...inputs.before ?? [], inputs];
    for (const group of tokens) checkTokens(group, this.config);
    return scope(() => {
      let groups = this.#embed(tokens, inputs);
      for (let i = 0; i < this.#blocks.length; i++) {
        if (inputs.skip?.includes(i)) continue;
        const next = this.#pass(i, this.#blocks.at(i), groups, { inputs });
        free(streamsOf(groups));
        groups = next.groups;
      }
      return this.#predict(groups.at(-1)!, inputs);
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
    const { device } = inputs.img;
    const tokens = [...inputs.before ?? [], inputs];
    const { groups } = await this.#through(tokens, { device, inputs, signal });
    try {
      return await tune(
        device,
        () => scope(() => this.#predict(groups.at(-1)!, inputs)),
        (velocity) => velocity.dispose(),
      );
    } finally {
      free(groups.flatMap(tensorsOf));
    }
  }

  /**
   * Runs tokens once whose velocity is not wanted, and keeps what others may
   * see of them.
   *
   * @param tokens Lists of tokens in turn: each sees itself, those before it,
   * and those that are kept already.
   * @param options `kept` is what was kept of earlier tokens; keys and values
   * are rounded to `dtype`, by default they are not; `signal` stops before the
   * next block.
   * @returns Keys and values of all the tokens, owned by the caller.
   *
   * @throws {ShapeError} If the shapes do not fit the architecture or each other.
   * @throws {TypeError} If the model embeds guidance and none is given.
   */
  async keep(
    tokens: readonly FluxTokens[],
    options: KeepOptions = {},
  ): Promise<KeptTokens> {
    const { kept, dtype = "f32", signal } = options;
    const { device } = tokens[0]!.pooled;
    const through = await this.#through(tokens, {
      device,
      inputs: { kept },
      keeps: dtype,
      signal,
    });
    free(through.groups.flatMap(tensorsOf));
    return new KeptTokens(through.kept);
  }

  /**
   * Linear layers that adapters can change: of all blocks, then those around them.
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
    this.#positions[Symbol.dispose]();
    this.#blocks[Symbol.dispose]();
    for (const tensor of this.#parameters) tensor.dispose();
  }

  /** Runs all blocks, loading those that do not stay; its results are the caller's. */
  async #through(
    tokens: readonly FluxTokens[],
    { device, inputs, keeps, signal }: PassOptions & {
      readonly device: Device;
      readonly signal: AbortSignal | undefined;
    },
  ): Promise<
    { groups: readonly TokenGroup[]; kept: readonly KeysValues[] }
  > {
    for (const group of tokens) checkTokens(group, this.config);
    const kept: KeysValues[] = [];
    let groups = await tune(
      device,
      () => scope(() => this.#embed(tokens, inputs)),
      (groups) => free(groups.flatMap(tensorsOf)),
    );
    try {
      await this.#blocks.pass(device, async (block, i) => {
        if (inputs.skip?.includes(i)) return;
        const next = await tune(
          device,
          () => scope(() => this.#pass(i, block, groups, { inputs, keeps })),
          ({ groups, kept }) => free([...streamsOf(groups), ...parts(kept)]),
        );
        free(streamsOf(groups));
        groups = next.groups;
        if (next.kept !== undefined) kept.push(next.kept);
      }, { signal });
      return { groups, kept };
    } catch (error) {
      free(groups.flatMap(tensorsOf));
      kept.forEach((kept) => free(parts(kept)));
      throw error;
    }
  }

  /** Tokens in the model's width, and what goes with them through the blocks. */
  #embed(
    tokens: readonly FluxTokens[],
    { onStage }: Pick<FluxInputs, "onStage">,
  ): readonly TokenGroup[] {
    const { imgIn, txtIn, vecIn } = this.#parts;
    return tokens.map((group, g) => {
      const told = g === tokens.length - 1 ? onStage : undefined;
      const img = group.img && imgIn.forward(group.img); // [B, I, C]
      if (img !== undefined) told?.("x_embedder", img);
      const txt = group.txt && txtIn.forward(group.txt); // [B, T, C]
      if (txt !== undefined) told?.("context_embedder", txt);
      const embedded = vecIn.forward(group); // [B, C]
      told?.("time_text_embed", embedded);
      return {
        streams: [img, txt].filter((x) => x !== undefined),
        image: img !== undefined,
        vec: silu(embedded), // [B, C]
        pe: this.#positions.of(group),
      };
    });
  }

  /** Runs a block, and keeps what others may see of the tokens. */
  #pass(
    index: number,
    block: Block,
    groups: readonly TokenGroup[],
    { inputs: { kept = [], seam, checkpoint, onStage }, keeps }: PassOptions,
  ): BlockResult {
    const made = runBlock(block, groups, {
      index,
      last: index === this.#blocks.length - 1,
      earlier: kept.map(({ blocks }) => blocks[index]!),
      keeps,
      checked: checkpoint === true,
      seam,
    });
    const [img, txt] = made.groups.at(-1)!.streams;
    if (block instanceof DoubleBlock) {
      onStage?.(`transformer_blocks.${index}.img`, img!);
      if (txt !== undefined) onStage?.(`transformer_blocks.${index}.txt`, txt);
    } else {
      const i = index - this.config.numLayers;
      onStage?.(`single_transformer_blocks.${i}`, img!);
    }
    return made;
  }

  /** Drops the text and projects the image. */
  #predict(
    { streams, vec }: TokenGroup,
    { txt, onStage }: FluxInputs,
  ): Tensor {
    const { finalLayer } = this.#parts;
    const x = joined(streams); // [B, T + I, C]
    const img = txt === undefined ? x : slice(x, 1, { start: txt.shape[1]! }); // [B, I, C]
    const normed = finalLayer.norm(img, vec);
    onStage?.("norm_out", normed);
    const velocity = finalLayer.linear.forward(normed); // [B, I, outChannels]
    onStage?.("proj_out", velocity);
    return velocity;
  }
}

/** All tensors of a group that are its own. */
function tensorsOf({ streams, vec }: TokenGroup): Tensor[] {
  return [...streams, vec];
}

function streamsOf(groups: readonly TokenGroup[]): Tensor[] {
  return groups.flatMap(({ streams }) => streams);
}

function parts(kept: KeysValues | undefined): Tensor[] {
  return kept === undefined ? [] : [kept.k, kept.v];
}

function free(tensors: readonly Tensor[]): void {
  for (const tensor of tensors) tensor.dispose();
}
