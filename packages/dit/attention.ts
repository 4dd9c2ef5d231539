import {
  attention,
  concat,
  Gain,
  type HeadRows,
  type Linear,
  type ParameterReader,
  permute,
  rmsNormRope,
  scope,
  type Tensor,
} from "@edit-transfer/tensor";
import type { BlockSeam } from "./attention_seam.ts";
import type { FluxConfig } from "./config.ts";
import type { KeysValues } from "./kept_tokens.ts";
import type { RopeTables } from "./rope.ts";

/** Queries, keys and values of a stream, each `[B, L, H, D]`. */
export interface Qkv {
  /** With the gain of their norm, which is still to come. */
  readonly q: HeadRows;
  readonly k: HeadRows;
  readonly v: Tensor;
}

/** Parameter names of a {@linkcode QkvProjection}. */
export interface QkvNames {
  readonly q: string;
  readonly k: string;
  readonly v: string;
  readonly qNorm: string;
  readonly kNorm: string;
}

/** Names for the image stream, or for the only one. */
export const IMG_NAMES: QkvNames = {
  q: "to_q",
  k: "to_k",
  v: "to_v",
  qNorm: "norm_q",
  kNorm: "norm_k",
};

/** Names for the text stream of a double block. */
export const TXT_NAMES: QkvNames = {
  q: "add_q_proj",
  k: "add_k_proj",
  v: "add_v_proj",
  qNorm: "norm_added_q",
  kNorm: "norm_added_k",
};

/** Projects a stream to queries, keys and values. */
export class QkvProjection {
  constructor(
    readonly q: Linear,
    readonly k: Linear,
    readonly v: Linear,
    readonly qNorm: Gain,
    readonly kNorm: Gain,
  ) {}

  static async load(
    reader: ParameterReader,
    names: QkvNames,
    { hiddenSize: C, attentionHeadDim: D }: FluxConfig,
  ): Promise<QkvProjection> {
    return new QkvProjection(
      await reader.linear(names.q, C, C),
      await reader.linear(names.k, C, C),
      await reader.linear(names.v, C, C),
      new Gain(await reader.load(`${names.qNorm}.weight`, [D])),
      new Gain(await reader.load(`${names.kNorm}.weight`, [D])),
    );
  }

  forward(x: Tensor): Qkv {
    return scope(() => ({
      q: { x: this.#heads(this.q.forward(x)), weight: this.qNorm.value() }, // [B, L, H, D]
      ...this.keys(x),
    }));
  }

  /** Keys and values alone. */
  keys(x: Tensor): Pick<Qkv, "k" | "v"> {
    return scope(() => ({
      k: { x: this.#heads(this.k.forward(x)), weight: this.kNorm.value() }, // [B, L, H, D]
      v: this.#heads(this.v.forward(x)), // [B, L, H, D]
    }));
  }

  #heads(x: Tensor): Tensor {
    const [B, L, C] = x.shape as [number, number, number];
    const D = this.qNorm.weight.size;
    return x.reshape([B, L, C / D, D]);
  }
}

const EPS = 1e-6;

/** Keys and values of all streams as they attend: keys normed and rotated. */
export function attendingKeys(
  streams: readonly Pick<Qkv, "k" | "v">[],
  { cos, sin }: RopeTables,
): KeysValues {
  const rows = streams.map(({ v }) => v);
  const joined = rows.length === 1 ? rows[0]! : concat(rows, 1); // [B, L, H, D]
  return {
    k: rmsNormRope(streams.map(({ k }) => k), { cos, sin, eps: EPS }), // [B, H, L, D]
    v: permute(joined, [0, 2, 1, 3]), // [B, H, L, D]
  };
}

/**
 * Norms and rotates queries and keys, then attends over all streams, and over
 * what the seam adds to them.
 */
export function selfAttention(
  streams: readonly Qkv[],
  pe: RopeTables,
  seam: BlockSeam = (heads) => heads,
): Tensor {
  const { q, k, v } = seam({
    q: rmsNormRope(streams.map(({ q }) => q), { ...pe, eps: EPS }), // [B, H, L, D]
    ...attendingKeys(streams, pe),
  });
  const x = attention(q, k, v); // [B, H, L, D]
  const [B, H, L, D] = x.shape as [number, number, number, number];
  return permute(x, [0, 2, 1, 3]).reshape([B, L, H * D]); // [B, L, C]
}
