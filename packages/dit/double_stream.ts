import type { Linear, ParameterReader, Tensor } from "@edit-transfer/tensor";
import { type Qkv, type QkvNames, QkvProjection } from "./attention.ts";
import type { FluxConfig } from "./config.ts";
import { Mlp } from "./mlp.ts";
import { doubleModulation, modulatedNorm } from "./modulation.ts";

/** Names of a {@linkcode DoubleStream} in the checkpoint. */
interface StreamNames {
  readonly mod: string;
  readonly qkv: QkvNames;
  readonly proj: string;
  readonly mlp: string;
}

/** Parameters that text or image has of its own in a double block. */
export class DoubleStream {
  constructor(
    readonly mod: Linear,
    readonly qkv: QkvProjection,
    readonly proj: Linear,
    readonly mlp: Mlp,
  ) {}

  static async load(
    reader: ParameterReader,
    names: StreamNames,
    config: FluxConfig,
  ): Promise<DoubleStream> {
    const { hiddenSize: C } = config;
    const attn = reader.at("attn");
    return new DoubleStream(
      await reader.linear(names.mod, 6 * C, C),
      await QkvProjection.load(attn, names.qkv, config),
      await attn.linear(names.proj, C, C),
      await Mlp.load(reader.at(names.mlp), config),
    );
  }

  /** Begins with x [B, L, C]: what attends, and what to do with the attention. */
  begin(x: Tensor, vec: Tensor): {
    qkv: () => Qkv;
    keys: () => Pick<Qkv, "k" | "v">;
    end: (attn: Tensor) => Tensor;
  } {
    const [mod1, mod2] = doubleModulation(this.mod, vec);
    return {
      qkv: () => this.qkv.forward(modulatedNorm(x, mod1)), // [B, L, H, D]
      keys: () => this.qkv.keys(modulatedNorm(x, mod1)), // [B, L, H, D]
      end: (attn) => {
        const residual = { x, gate: mod1.gate };
        const y = this.proj.forward(attn, { residual }); // [B, L, C]
        return this.mlp.forward(modulatedNorm(y, mod2), {
          x: y,
          gate: mod2.gate,
        }); // [B, L, C]
      },
    };
  }
}
