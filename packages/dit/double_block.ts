import {
  type Gain,
  type Linear,
  type ParameterReader,
  scope,
  split,
  type Tensor,
} from "@edit-transfer/tensor";
import {
  attendingKeys,
  IMG_NAMES,
  selfAttention,
  TXT_NAMES,
} from "./attention.ts";
import type { BlockSeam } from "./attention_seam.ts";
import type { FluxConfig } from "./config.ts";
import { DoubleStream } from "./double_stream.ts";
import type { KeysValues } from "./kept_tokens.ts";
import type { RopeTables } from "./rope.ts";

/** Image and text tokens, side by side; one of them may be missing. */
export interface Streams {
  /** `[B, I, C]`. */
  readonly img?: Tensor | undefined;
  /** `[B, T, C]`. */
  readonly txt?: Tensor | undefined;
}

/**
 * Block in which image and text have parameters of their own and meet in one
 * attention: `DoubleStreamBlock` of the reference.
 */
export class DoubleBlock {
  constructor(readonly img: DoubleStream, readonly txt: DoubleStream) {}

  static async load(
    reader: ParameterReader,
    config: FluxConfig,
  ): Promise<DoubleBlock> {
    return new DoubleBlock(
      await DoubleStream.load(reader, {
        mod: "norm1.linear",
        qkv: IMG_NAMES,
        proj: "to_out.0",
        mlp: "ff",
      }, config),
      await DoubleStream.load(reader, {
        mod: "norm1_context.linear",
        qkv: TXT_NAMES,
        proj: "to_add_out",
        mlp: "ff_context",
      }, config),
    );
  }

  /** `vec` is `silu(vec)` [B, C]; the tables cover text, then image. */
  forward<Given extends Streams>(
    { img, txt }: Given,
    vec: Tensor,
    pe: RopeTables,
    seam?: BlockSeam,
  ): Given {
    const text = txt && this.txt.begin(txt, vec);
    const image = img && this.img.begin(img, vec);

    // attend over text and image together
    const attn = scope(() => {
      const qkv = [text, image].flatMap((stream) => stream?.qkv() ?? []);
      return selfAttention(qkv, pe, seam); // [B, T + I, C]
    });
    const lengths = [txt, img].flatMap((x) => x?.shape[1] ?? []);
    const parts = lengths.length === 1 ? [attn] : split(attn, 1, lengths);
    return {
      txt: text?.end(parts[0]!), // [B, T, C]
      img: image?.end(parts.at(-1)!), // [B, I, C]
    } as Given;
  }

  /** Keys and values of the streams, text first, and nothing else. */
  keys({ img, txt }: Streams, vec: Tensor, pe: RopeTables): KeysValues {
    const streams = [
      txt && this.txt.begin(txt, vec),
      img && this.img.begin(img, vec),
    ];
    return attendingKeys(streams.flatMap((one) => one?.keys() ?? []), pe); // [B, H, L, D]
  }

  /** Linear layers by their path in the checkpoint. */
  linears(): Record<string, Linear> {
    return {
      "norm1.linear": this.img.mod,
      "norm1_context.linear": this.txt.mod,
      "attn.to_q": this.img.qkv.q,
      "attn.to_k": this.img.qkv.k,
      "attn.to_v": this.img.qkv.v,
      "attn.to_out.0": this.img.proj,
      "attn.add_q_proj": this.txt.qkv.q,
      "attn.add_k_proj": this.txt.qkv.k,
      "attn.add_v_proj": this.txt.qkv.v,
      "attn.to_add_out": this.txt.proj,
      "ff.net.0.proj": this.img.mlp.linear1,
      "ff.net.2": this.img.mlp.linear2,
      "ff_context.net.0.proj": this.txt.mlp.linear1,
      "ff_context.net.2": this.txt.mlp.linear2,
    };
  }

  /** Gains of the norms of queries and keys by their path in the checkpoint. */
  gains(): Record<string, Gain> {
    return {
      "attn.norm_q": this.img.qkv.qNorm,
      "attn.norm_k": this.img.qkv.kNorm,
      "attn.norm_added_q": this.txt.qkv.qNorm,
      "attn.norm_added_k": this.txt.qkv.kNorm,
    };
  }
}
