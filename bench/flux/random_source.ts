import type { FluxConfig } from "@edit-transfer/dit";
import {
  type RowRange,
  type TensorInfo,
  WeightError,
  type WeightSource,
} from "@edit-transfer/weights";

/** Values of a pattern that is repeated; no layer's width divides it. */
const PERIOD = 1_000_003;

/** Weights of a transformer in diffusers' layout, bf16: random, but no noise. */
export class RandomSource implements WeightSource {
  readonly path = "random weights";
  readonly metadata = {};
  readonly #shapes: ReadonlyMap<string, readonly number[]>;
  readonly #pattern = new Uint16Array(PERIOD);

  constructor(config: FluxConfig) {
    this.#shapes = new Map(shapes(config));
    let state = 1;
    for (let i = 0; i < PERIOD; i++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      // ± 0.008 to 0.03: sums over thousands of inputs stay near 1
      this.#pattern[i] = 0x3c00 + (state >>> 24) | (state >>> 8 & 1) << 15;
    }
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
    const sizeBytes = 2 * shape.reduce((a, b) => a * b, 1);
    return { name, dtype: "BF16", shape, sizeBytes };
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
    for (let at = 0; at < count; at += PERIOD) {
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
