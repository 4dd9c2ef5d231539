import {
  attention,
  type Linear,
  type ParameterReader,
  permute,
  rmsNorm,
  rope,
  scope,
  type Tensor,
} from "@edit-transfer/tensor";
import type { FluxConfig } from "./config.ts";
import type { RopeTables } from "./rope.ts";

/** Queries, keys and values of a stream, each `[B, L, H, D]`. */
export interface Qkv {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
}

/** Parameter names of a {@linkcode QkvProjection}. */
interface QkvNames {
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
  qNorm: "norm_q.weight",
  kNorm: "norm_k.weight",
};

/** Names for the text stream of a double block. */
export const TXT_NAMES: QkvNames = {
  q: "add_q_proj",
  k: "add_k_proj",
  v: "add_v_proj",
  qNorm: "norm_added_q.weight",
  kNorm: "norm_added_k.weight",
};

/** Projects a stream to queries, keys and values, and norms the first two. */
export class QkvProjection {
  constructor(
    readonly q: Linear,
    readonly k: Linear,
    readonly v: Linear,
    readonly qNorm: Tensor,
    readonly kNorm: Tensor,
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
      await reader.load(names.qNorm, [D]),
      await reader.load(names.kNorm, [D]),
    );
  }

  forward(x: Tensor): Qkv {
    const [B, L, C] = x.shape as [number, number, number];
    const D = this.qNorm.size;
    const heads = (y: Tensor) => y.reshape([B, L, C / D, D]);
    return scope(() => ({
      q: rmsNorm(heads(this.q.forward(x)), this.qNorm, { eps: 1e-6 }), // [B, L, H, D]
      k: rmsNorm(heads(this.k.forward(x)), this.kNorm, { eps: 1e-6 }), // [B, L, H, D]
      v: heads(this.v.forward(x)), // [B, L, H, D]
    }));
  }
}

/** Rotates queries and keys, then attends over the whole sequence. */
export function selfAttention({ q, k, v }: Qkv, pe: RopeTables): Tensor {
  const [B, L, H, D] = q.shape as [number, number, number, number];
  const headsFirst = (x: Tensor) => permute(x, [0, 2, 1, 3]);
  const x = attention(
    rope(headsFirst(q), pe.cos, pe.sin),
    rope(headsFirst(k), pe.cos, pe.sin),
    headsFirst(v),
  ); // [B, H, L, D]
  return permute(x, [0, 2, 1, 3]).reshape([B, L, H * D]); // [B, L, C]
}
