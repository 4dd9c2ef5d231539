import { add, type ParameterReader, type Tensor } from "@edit-transfer/tensor";
import type { VaeConfig } from "./config.ts";
import { Conv2d } from "./conv2d.ts";
import { GroupNorm } from "./group_norm.ts";
import { forwardThrough, type Layer } from "./layer.ts";

/** Two convolutions beside a shortcut: `ResnetBlock2D` of diffusers. */
export class ResnetBlock implements Layer {
  constructor(
    readonly residual: readonly Layer[],
    readonly shortcut: Conv2d | undefined,
  ) {}

  static async load(
    reader: ParameterReader,
    { inChannels, outChannels, config }: {
      inChannels: number;
      outChannels: number;
      config: VaeConfig;
    },
  ): Promise<ResnetBlock> {
    const norm = (name: string, channels: number) =>
      GroupNorm.load(reader.at(name), { channels, silu: true, config });
    const conv = (name: string, inChannels: number, kernel: number) =>
      Conv2d.load(reader.at(name), {
        inChannels,
        outChannels,
        kernel,
        padding: (kernel - 1) / 2,
      });
    return new ResnetBlock(
      [
        await norm("norm1", inChannels),
        await conv("conv1", inChannels, 3),
        await norm("norm2", outChannels),
        await conv("conv2", outChannels, 3),
      ],
      inChannels === outChannels
        ? undefined
        : await conv("conv_shortcut", inChannels, 1),
    );
  }

  forward(x: Tensor): Tensor {
    using residual = forwardThrough(this.residual, x); // [B, h, w, Cout]
    if (this.shortcut === undefined) return add(x, residual);
    using shortcut = this.shortcut.forward(x);
    return add(shortcut, residual); // [B, h, w, Cout]
  }
}
