import {
  type Gain,
  type Linear,
  type ParameterReader,
  scope,
  split,
  type Tensor,
} from "@edit-transfer/tensor";
import {
  IMG_NAMES,
  QkvProjection,
  selfAttention,
  TXT_NAMES,
} from "./attention.ts";
import type { FluxConfig } from "./config.ts";
import { Mlp } from "./mlp.ts";
import { doubleModulation, modulatedNorm } from "./modulation.ts";
import type { RopeTables } from "./rope.ts";

/** Image and text tokens, side by side. */
export interface Streams {
  /** `[B, I, C]`. */
  readonly img: Tensor;
  /** `[B, T, C]`. */
  readonly txt: Tensor;
}

/**
 * Block in which image and text have parameters of their own and meet in one
 * attention: `DoubleStreamBlock` of the reference.
 */
export class DoubleBlock {
  constructor(
    readonly imgMod: Linear,
    readonly imgQkv: QkvProjection,
    readonly imgProj: Linear,
    readonly imgMlp: Mlp,
    readonly txtMod: Linear,
    readonly txtQkv: QkvProjection,
    readonly txtProj: Linear,
    readonly txtMlp: Mlp,
  ) {}

  static async load(
    reader: ParameterReader,
    config: FluxConfig,
  ): Promise<DoubleBlock> {
    const { hiddenSize: C } = config;
    const attn = reader.at("attn");
    return new DoubleBlock(
      await reader.linear("norm1.linear", 6 * C, C),
      await QkvProjection.load(attn, IMG_NAMES, config),
      await attn.linear("to_out.0", C, C),
      await Mlp.load(reader.at("ff"), config),
      await reader.linear("norm1_context.linear", 6 * C, C),
      await QkvProjection.load(attn, TXT_NAMES, config),
      await attn.linear("to_add_out", C, C),
      await Mlp.load(reader.at("ff_context"), config),
    );
  }

  /** `vec` is `silu(vec)` [B, C]; the tables cover text, then image. */
  forward({ img, txt }: Streams, vec: Tensor, pe: RopeTables): Streams {
    const [imgMod1, imgMod2] = doubleModulation(this.imgMod, vec);
    const [txtMod1, txtMod2] = doubleModulation(this.txtMod, vec);

    const attn = scope(() => {
      // prepare image and text for attention
      const imgQkv = this.imgQkv.forward(modulatedNorm(img, imgMod1)); // [B, I, H, D]
      const txtQkv = this.txtQkv.forward(modulatedNorm(txt, txtMod1)); // [B, T, H, D]

      // attend over text and image together
      return selfAttention([txtQkv, imgQkv], pe); // [B, T + I, C]
    });
    const [txtAttn, imgAttn] = split(attn, 1, [txt.shape[1]!, img.shape[1]!]);

    // image
    img = this.imgProj.forward(imgAttn!, {
      residual: { x: img, gate: imgMod1.gate },
    });
    img = this.imgMlp.forward(modulatedNorm(img, imgMod2), {
      x: img,
      gate: imgMod2.gate,
    }); // [B, I, C]

    // text
    txt = this.txtProj.forward(txtAttn!, {
      residual: { x: txt, gate: txtMod1.gate },
    });
    txt = this.txtMlp.forward(modulatedNorm(txt, txtMod2), {
      x: txt,
      gate: txtMod2.gate,
    }); // [B, T, C]
    return { img, txt };
  }

  /** Linear layers by their path in the checkpoint. */
  linears(): Record<string, Linear> {
    return {
      "norm1.linear": this.imgMod,
      "norm1_context.linear": this.txtMod,
      "attn.to_q": this.imgQkv.q,
      "attn.to_k": this.imgQkv.k,
      "attn.to_v": this.imgQkv.v,
      "attn.to_out.0": this.imgProj,
      "attn.add_q_proj": this.txtQkv.q,
      "attn.add_k_proj": this.txtQkv.k,
      "attn.add_v_proj": this.txtQkv.v,
      "attn.to_add_out": this.txtProj,
      "ff.net.0.proj": this.imgMlp.linear1,
      "ff.net.2": this.imgMlp.linear2,
      "ff_context.net.0.proj": this.txtMlp.linear1,
      "ff_context.net.2": this.txtMlp.linear2,
    };
  }

  /** Gains of the norms of queries and keys by their path in the checkpoint. */
  gains(): Record<string, Gain> {
    return {
      "attn.norm_q": this.imgQkv.qNorm,
      "attn.norm_k": this.imgQkv.kNorm,
      "attn.norm_added_q": this.txtQkv.qNorm,
      "attn.norm_added_k": this.txtQkv.kNorm,
    };
  }
}
