import type { FluxConfig } from "@edit-transfer/dit";
import {
  BLOCKS,
  type RowRange,
  type TensorInfo,
  WeightError,
  type WeightSource,
} from "@edit-transfer/weights";

/** How the linear weights of blocks are stored. */
export type RandomWeights = "bf16" | "q8_0" | "q4_0" | "q4_k";

/** Values or blocks of a pattern that is repeated; no layer's width divides it. */
const PERIOD = { bf16: 1_000_003, blocks: 30_011 };

/**
 * Bytes of the f16 scales of a block: weights are ± 0.02 or so, and sums over
 * thousands of inputs stay near 1.
 */
const SCALES = {
  q8_0: [0x2c, 0x09],
  q4_0: [0x1f, 0x19],
  q4_k: [0x3d, 0x05, 0xeb, 0x10], // of values, of minima
} as const;

/** Linear weights of blocks that `convert --quantize` puts into blocks. */
const QUANTIZED =
  /^(single_)?transformer_blocks\.\d+\.(attn|ff|ff_context|proj_mlp|proj_out)\b.*\.weight$/;

/** Weights of a transformer in diffusers' layout: random, but no noise. */
export class RandomSource implements WeightSource {
  readonly path = "random weights";
  readonly metadata = {};
  readonly #shapes: ReadonlyMap<string, readonly number[]>;
  readonly #weights: RandomWeights;
  readonly #pattern: Uint16Array;
  readonly #blocks: Uint8Array;

  constructor(config: FluxConfig, weights: RandomWeights = "bf16") {
    this.#shapes = new Map(shapes(config));
    this.#weights = weights;
    let state = 1;
    const next = () =>
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    this.#pattern = Uint16Array.from({ length: PERIOD.bf16 }, () => {
      const bits = next();
      // ± 0.008 to 0.03
      return 0x3c00 + (bits >>> 24) | (bits >>> 8 & 1) << 15;
    });
    if (weights === "bf16") {
      this.#blocks = new Uint8Array();
      return;
    }
    const { blockBytes } = blocksOf(weights);
    this.#blocks = Uint8Array.from(
      { length: PERIOD.blocks * blockBytes },
      (_, i) => SCALES[weights][i % blockBytes] ?? next() >>> 24,
    );
  }

  names(): Iterable<string> {
    return this.#shapes.keys();
  }

  has(name: string): boolean {
    return this.#shapes.has(name);
  }

  info(name: string): TensorInfo {
    const shape = this.#shapes.get(name);
    if (shape === undefined) {
      throw new WeightError(`Cannot find weight "${name}" in ${this.path}`, {
        path: this.path,
        weight: name,
      });
    }
    const size = shape.reduce((a, b) => a * b, 1);
    const weights = this.#weights;
    if (weights === "bf16" || shape.length === 1 || !QUANTIZED.test(name)) {
      return { name, dtype: "BF16", shape, sizeBytes: 2 * size };
    }
    const { type, blockElements, blockBytes } = blocksOf(weights);
    const stored = { type, sizeBytes: size / blockElements * blockBytes };
    return { name, dtype: "F32", shape, sizeBytes: 4 * size, stored };
  }

  readStored(
    name: string,
    { start, end }: RowRange = { start: 0, end: this.#rows(name) },
    into?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const all = this.info(name).stored!.sizeBytes;
    const count = all / this.#rows(name) * (end - start);
    const bytes = into?.subarray(0, count) ?? new Uint8Array(count);
    const pattern = this.#blocks;
    for (let at = 0; at < count; at += pattern.length) {
      bytes.set(pattern.subarray(0, count - at), at);
    }
    return Promise.resolve(bytes);
  }

  async read(name: string): Promise<Uint8Array<ArrayBuffer>> {
    return await this.readRows(name, { start: 0, end: this.#rows(name) });
  }

  readRows(
    name: string,
    { start, end }: RowRange,
    into?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const count = this.info(name).sizeBytes / 2 / this.#rows(name) *
      (end - start);
    const bytes = into?.subarray(0, 2 * count) ?? new Uint8Array(2 * count);
    const values = new Uint16Array(bytes.buffer, bytes.byteOffset, count);
    for (let at = 0; at < count; at += PERIOD.bf16) {
      values.set(this.#pattern.subarray(0, count - at), at);
    }
    return Promise.resolve(bytes);
  }

  #rows(name: string): number {
    return this.info(name).shape[0]!;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function blocksOf(weights: Exclude<RandomWeights, "bf16">) {
  const type = weights.toUpperCase() as Uppercase<typeof weights>;
  return { type, ...BLOCKS[type] };
}

/** Names and shapes of all parameters. */
function* shapes(config: FluxConfig): Generator<[string, number[]]> {
  const { hiddenSize: C, attentionHeadDim: D } = config;
  function* linear(name: string, out: number, input: number) {
    yield [`${name}.weight`, [out, input]] as [string, number[]];
    yield [`${name}.bias`, [out]] as [string, number[]];
  }
  function* attention(path: string, layers: string[], norms: string[]) {
    for (const name of layers) yield* linear(`${path}.${name}`, C, C);
    for (const name of norms) {
      yield [`${path}.${name}.weight`, [D]] as [string, number[]];
    }
  }
  yield* linear("x_embedder", C, config.inChannels);
  yield* linear("context_embedder", C, config.jointAttentionDim);
  for (
    const [name, width] of [
      ["timestep", 256],
      ["guidance", 256],
      ["text", config.pooledProjectionDim],
    ] as const
  ) {
    if (name === "guidance" && !config.guidanceEmbeds) continue;
    yield* linear(`time_text_embed.${name}_embedder.linear_1`, C, width);
    yield* linear(`time_text_embed.${name}_embedder.linear_2`, C, C);
  }
  const qkv = ["to_q", "to_k", "to_v"];
  for (let i = 0; i < config.numLayers; i++) {
    const path = `transformer_blocks.${i}`;
    for (const stream of ["", "_context"]) {
      yield* linear(`${path}.norm1${stream}.linear`, 6 * C, C);
      yield* linear(`${path}.ff${stream}.net.0.proj`, 4 * C, C);
      yield* linear(`${path}.ff${stream}.net.2`, C, 4 * C);
    }
    yield* attention(`${path}.attn`, [
      ...qkv,
      "to_out.0",
      "add_q_proj",
      "add_k_proj",
      "add_v_proj",
      "to_add_out",
    ], ["norm_q", "norm_k", "norm_added_q", "norm_added_k"]);
  }
  for (let i = 0; i < config.numSingleLayers; i++) {
    const path = `single_transformer_blocks.${i}`;
    yield* linear(`${path}.norm.linear`, 3 * C, C);
    yield* attention(`${path}.attn`, qkv, ["norm_q", "norm_k"]);
    yield* linear(`${path}.proj_mlp`, 4 * C, C);
    yield* linear(`${path}.proj_out`, C, 5 * C);
  }
  yield* linear("norm_out.linear", 2 * C, C);
  yield* linear("proj_out", config.outChannels, C);
}
