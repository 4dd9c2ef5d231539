import {
  type ParameterReader,
  type Tensor,
  upsampleNearest2d,
} from "@edit-transfer/tensor";
import type { VaeConfig } from "./config.ts";
import { Conv2d } from "./conv2d.ts";
import { GroupNorm } from "./group_norm.ts";
import type { Layer } from "./layer.ts";
import { loadMidBlock } from "./mid_block.ts";
import { ResnetBlock } from "./resnet_block.ts";
import { Stage } from "./stage.ts";

/** Makes each pixel 2×2. */
const UPSAMPLE: Layer = {
  forward: (x: Tensor): Tensor => upsampleNearest2d(x, 2), // [B, 2 h, 2 w, C]
};

/** Loads the stages from latents `[B, h, w, c]` to pixels `[B, H, W, 3]`. */
export async function loadDecoder(
  reader: ParameterReader,
  config: VaeConfig,
): Promise<Stage[]> {
  const widths = config.blockOutChannels.toReversed();
  const stages = [
    new Stage("conv_in", [
      await Conv2d.load(reader.at("conv_in"), {
        inChannels: config.latentChannels,
        outChannels: widths[0]!,
        kernel: 3,
        padding: 1,
      }),
    ]),
    new Stage("mid_block", await loadMidBlock(reader.at("mid_block"), config)),
  ];
  for (const [level, outChannels] of widths.entries()) {
    const block = reader.at("up_blocks").at(level);
    const layers: Layer[] = [];
    for (let i = 0; i < config.layersPerBlock + 1; i++) {
      const inChannels = i === 0 && level > 0
        ? widths[level - 1]!
        : outChannels;
      layers.push(
        await ResnetBlock.load(block.at("resnets").at(i), {
          inChannels,
          outChannels,
          config,
        }),
      );
    }
    if (level < widths.length - 1) {
      layers.push(
        UPSAMPLE,
        await Conv2d.load(block.at("upsamplers").at(0).at("conv"), {
          inChannels: outChannels,
          outChannels,
          kernel: 3,
          padding: 1,
        }),
      );
    }
    stages.push(new Stage(`up_blocks.${level}`, layers));
  }
  stages.push(
    new Stage("conv_out", [
      await GroupNorm.load(reader.at("conv_norm_out"), {
        channels: widths.at(-1)!,
        silu: true,
        config,
      }),
      await Conv2d.load(reader.at("conv_out"), {
        inChannels: widths.at(-1)!,
        outChannels: 3,
        kernel: 3,
        padding: 1,
      }),
    ]),
  );
  return stages;
}
