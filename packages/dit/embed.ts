import {
  add,
  type Linear,
  type ParameterReader,
  Tensor,
} from "@edit-transfer/tensor";
import type { FluxConfig } from "./config.ts";

/** Exponent of the slowest frequency; PyTorch rounds it before it multiplies. */
const LOWEST_EXPONENT = Math.fround(-Math.log(10000));

/** Channels of the sinusoidal embedding. */
const SINUSOID_CHANNELS = 256;

/**
 * Sinusoidal embedding of a time or guidance value, as FLUX scales it.
 *
 * `y[i] = cos(1000 t f[i])` and `y[128 + i] = sin(1000 t f[i])`, with
 * `f[i] = 10000^(-i / 128)`; each step is rounded to f32, as in PyTorch.
 *
 * Source: `timestep_embedding` in black-forest-labs/flux@802fb47,
 * `src/flux/modules/layers.py`.
 *
 * @param t Value to embed, e.g. sigma in [0, 1].
 * @returns 256 channels, cosines first.
 */
export function sinusoid(t: number): Float32Array<ArrayBuffer> {
  const half = SINUSOID_CHANNELS / 2;
  const position = Math.fround(Math.fround(t) * 1000);
  const y = new Float32Array(SINUSOID_CHANNELS);
  for (let i = 0; i < half; i++) {
    const exponent = Math.fround(Math.fround(LOWEST_EXPONENT * i) / half);
    const angle = Math.fround(Math.fround(Math.exp(exponent)) * position);
    y[i] = Math.cos(angle);
    y[half + i] = Math.sin(angle);
  }
  return y;
}

/** Linear, SiLU, linear: `MLPEmbedder` of the reference. */
export class MlpEmbedder {
  constructor(readonly linear1: Linear, readonly linear2: Linear) {}

  static async load(
    reader: ParameterReader,
    inChannels: number,
    { hiddenSize: C }: FluxConfig,
  ): Promise<MlpEmbedder> {
    return new MlpEmbedder(
      await reader.linear("linear_1", C, inChannels),
      await reader.linear("linear_2", C, C),
    );
  }

  forward(x: Tensor): Tensor {
    using h = this.linear1.forward(x, { activation: "silu" }); // [B, C]
    return this.linear2.forward(h); // [B, C]
  }
}

/** Embeds sigma, guidance and the pooled text into one vector, `vec`. */
export class VectorEmbedder {
  constructor(
    readonly timeIn: MlpEmbedder,
    readonly guidanceIn: MlpEmbedder | undefined,
    readonly vectorIn: MlpEmbedder,
  ) {}

  static async load(
    reader: ParameterReader,
    config: FluxConfig,
  ): Promise<VectorEmbedder> {
    const embedder = (name: string, inChannels: number) =>
      MlpEmbedder.load(reader.at(name), inChannels, config);
    return new VectorEmbedder(
      await embedder("timestep_embedder", SINUSOID_CHANNELS),
      config.guidanceEmbeds
        ? await embedder("guidance_embedder", SINUSOID_CHANNELS)
        : undefined,
      await embedder("text_embedder", config.pooledProjectionDim),
    );
  }

  /** `vec` [B, C] of a pooled text [B, pooled], sigma and guidance, or B of them. */
  forward(
    { pooled, timestep, guidance }: {
      pooled: Tensor;
      timestep: number | readonly number[];
      readonly guidance?: number | readonly number[] | undefined;
    },
  ): Tensor {
    const rows = (values: number | readonly number[]) => {
      const ts = typeof values === "number" ? [values] : values;
      return Tensor.from(pooled.device, ts.flatMap((t) => [...sinusoid(t)]), {
        shape: [ts.length, SINUSOID_CHANNELS],
      });
    };
    let vec = this.timeIn.forward(rows(timestep)); // [1 | B, C]
    if (this.guidanceIn !== undefined) {
      vec = add(vec, this.guidanceIn.forward(rows(guidance!)));
    }
    return add(vec, this.vectorIn.forward(pooled)); // [B, C]
  }

  /** Linear layers by their path in the checkpoint. */
  linears(): Record<string, Linear> {
    const linears: Record<string, Linear> = {};
    const embedders = {
      timestep_embedder: this.timeIn,
      guidance_embedder: this.guidanceIn,
      text_embedder: this.vectorIn,
    };
    for (const [name, embedder] of Object.entries(embedders)) {
      if (embedder === undefined) continue;
      linears[`${name}.linear_1`] = embedder.linear1;
      linears[`${name}.linear_2`] = embedder.linear2;
    }
    return linears;
  }
}
