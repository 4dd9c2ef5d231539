import type { Linear, ParameterReader, Tensor } from "@edit-transfer/tensor";
import type { FluxConfig } from "./config.ts";
import { chunk, modulatedNorm } from "./modulation.ts";

/** Norm conditioned by `vec`, then the projection to latent channels. */
export class FinalLayer {
  constructor(readonly mod: Linear, readonly linear: Linear) {}

  static async load(
    reader: ParameterReader,
    { hiddenSize: C, outChannels }: FluxConfig,
  ): Promise<FinalLayer> {
    return new FinalLayer(
      await reader.linear("norm_out.linear", 2 * C, C),
      await reader.linear("proj_out", outChannels, C),
    );
  }

  /** `[B, I, C]`, from x of that shape and `silu(vec)` [B, C]. */
  norm(x: Tensor, vec: Tensor): Tensor {
    // scale before shift, unlike in the blocks
    const [scale, shift] = chunk(this.mod, vec, 2);
    return modulatedNorm(x, { shift: shift!, scale: scale! });
  }
}
