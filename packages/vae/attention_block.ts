import {
  add,
  attention,
  type Linear,
  type ParameterReader,
  scope,
  type Tensor,
} from "@edit-transfer/tensor";
import type { VaeConfig } from "./config.ts";
import { GroupNorm } from "./group_norm.ts";
import type { Layer } from "./layer.ts";

/** Names of the layers, and those of checkpoints before diffusers 0.18. */
const NAMES = { q: "to_q", k: "to_k", v: "to_v", out: "to_out.0" };
const OLD_NAMES = { q: "query", k: "key", v: "value", out: "proj_attn" };

/** Attention of all pixels over each other, with one head over all channels. */
export class AttentionBlock implements Layer {
  constructor(
    readonly norm: GroupNorm,
    readonly q: Linear,
    readonly k: Linear,
    readonly v: Linear,
    readonly out: Linear,
  ) {}

  static async load(
    reader: ParameterReader,
    { channels: C, config }: { channels: number; config: VaeConfig },
  ): Promise<AttentionBlock> {
    const names = reader.has(`${OLD_NAMES.q}.weight`) ? OLD_NAMES : NAMES;
    return new AttentionBlock(
      await GroupNorm.load(reader.at("group_norm"), {
        channels: C,
        silu: false,
        config,
      }),
      await reader.linear(names.q, C, C),
      await reader.linear(names.k, C, C),
      await reader.linear(names.v, C, C),
      await reader.linear(names.out, C, C),
    );
  }

  forward(x: Tensor): Tensor {
    const [B, h, w, C] = x.shape as [number, number, number, number];
    return scope(() => {
      const pixels = this.norm.forward(x).reshape([B, 1, h * w, C]);
      const y = attention(
        this.q.forward(pixels),
        this.k.forward(pixels),
        this.v.forward(pixels),
      ); // [B, 1, h w, C]
      return add(x, this.out.forward(y).reshape([B, h, w, C]));
    });
  }
}
