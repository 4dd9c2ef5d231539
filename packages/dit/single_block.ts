import {
  concat,
  type Gain,
  type Linear,
  type ParameterReader,
  scope,
  type Tensor,
} from "@edit-transfer/tensor";
import {
  attendingKeys,
  IMG_NAMES,
  QkvProjection,
  selfAttention,
} from "./attention.ts";
import type { BlockSeam } from "./attention_seam.ts";
import type { FluxConfig } from "./config.ts";
import type { KeysValues } from "./kept_tokens.ts";
import { MLP_RATIO } from "./mlp.ts";
import { modulatedNorm, singleModulation } from "./modulation.ts";
import type { RopeTables } from "./rope.ts";

/**
 * Block with one set of parameters for text and image, whose attention and MLP
 * run beside each other: `SingleStreamBlock` of the reference.
 */
export class SingleBlock {
  constructor(
    readonly mod: Linear,
    readonly qkv: QkvProjection,
    readonly mlpIn: Linear,
    readonly linear2: Linear,
  ) {}

  static async load(
    reader: ParameterReader,
    config: FluxConfig,
  ): Promise<SingleBlock> {
    const { hiddenSize: C } = config;
    const M = MLP_RATIO * C;
    return new SingleBlock(
      await reader.linear("norm.linear", 3 * C, C),
      await QkvProjection.load(reader.at("attn"), IMG_NAMES, config),
      await reader.linear("proj_mlp", M, C),
      await reader.linear("proj_out", C, C + M),
    );
  }

  /** x is text, then image, [B, L, C]; `vec` is `silu(vec)` [B, C]. */
  forward(
    x: Tensor,
    vec: Tensor,
    pe: RopeTables,
    seam?: BlockSeam,
  ): Tensor {
    const mod = singleModulation(this.mod, vec);
    const xMod = modulatedNorm(x, mod); // [B, L, C]
    const attn = scope(() => selfAttention([this.qkv.forward(xMod)], pe, seam)); // [B, L, C]
    const mlp = this.mlpIn.forward(xMod, { activation: "geluTanh" }); // [B, L, M]
    return this.linear2.forward(concat([attn, mlp], -1), {
      residual: { x, gate: mod.gate },
    }); // [B, L, C]
  }

  /** Keys and values of x [B, L, C], which is text, then image, and nothing else. */
  keys(x: Tensor, vec: Tensor, pe: RopeTables): KeysValues {
    const xMod = modulatedNorm(x, singleModulation(this.mod, vec)); // [B, L, C]
    return attendingKeys([this.qkv.keys(xMod)], pe); // [B, H, L, D]
  }

  /** Linear layers by their path in the checkpoint. */
  linears(): Record<string, Linear> {
    return {
      "norm.linear": this.mod,
      "attn.to_q": this.qkv.q,
      "attn.to_k": this.qkv.k,
      "attn.to_v": this.qkv.v,
      "proj_mlp": this.mlpIn,
      "proj_out": this.linear2,
    };
  }

  /** Gains of the norms of queries and keys by their path in the checkpoint. */
  gains(): Record<string, Gain> {
    return { "attn.norm_q": this.qkv.qNorm, "attn.norm_k": this.qkv.kNorm };
  }
}
