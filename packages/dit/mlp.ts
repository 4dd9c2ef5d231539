import type {
  Linear,
  ParameterReader,
  Residual,
  Tensor,
} from "@edit-transfer/tensor";
import type { FluxConfig } from "./config.ts";

/** MLP width over model width, M / C. */
export const MLP_RATIO = 4;

/** MLP of one stream of a double block: linear, GELU (tanh), linear. */
export class Mlp {
  constructor(readonly linear1: Linear, readonly linear2: Linear) {}

  static async load(
    reader: ParameterReader,
    { hiddenSize: C }: FluxConfig,
  ): Promise<Mlp> {
    return new Mlp(
      await reader.linear("net.0.proj", MLP_RATIO * C, C),
      await reader.linear("net.2", C, MLP_RATIO * C),
    );
  }

  /** The residual stream plus the gated MLP of x, [B, L, C]. */
  forward(x: Tensor, residual: Residual<Tensor>): Tensor {
    using h = this.linear1.forward(x, { activation: "geluTanh" }); // [B, L, M]
    return this.linear2.forward(h, { residual }); // [B, L, C]
  }
}
