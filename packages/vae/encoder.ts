import type { ParameterReader } from "@edit-transfer/tensor";
import type { VaeConfig } from "./config.ts";
import { Conv2d } from "./conv2d.ts";
import { GroupNorm } from "./group_norm.ts";
import type { Layer } from "./layer.ts";
import { loadMidBlock } from "./mid_block.ts";
import { ResnetBlock } from "./resnet_block.ts";
import { Stage } from "./stage.ts";

/** Odd sizes lose their last row and column, none their first. */
const DOWNSAMPLE_PADDING = { top: 0, bottom: 1, left: 0, right: 1 };

/**
 * Loads the stages from pixels `[B, H, W, 3]` to the moments
 * `[B, h, w, 2 c]` of the latents, mean before log-variance.
 */
export async function loadEncoder(
  reader: ParameterReader,
  config: VaeConfig,
): Promise<Stage[]> {
  const widths = config.blockOutChannels;
  const lowest = widths.at(-1)!;
  const stages = [
    new Stage("conv_in", [
      await Conv2d.load(reader.at("conv_in"), {
        inChannels: 3,
        outChannels: widths[0]!,
        kernel: 3,
        padding: 1,
      }),
    ]),
  ];
  for (const [level, outChannels] of widths.entries()) {
    const block = reader.at("down_blocks").at(level);
    const layers: Layer[] = [];
    for (let i = 0; i < config.layersPerBlock; i++) {
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
        await Conv2d.load(block.at("downsamplers").at(0).at("conv"), {
          inChannels: outChannels,
          outChannels,
          kernel: 3,
          stride: 2,
          padding: DOWNSAMPLE_PADDING,
        }),
      ); // [B, h / 2, w / 2, C]
    }
    stages.push(new Stage(`down_blocks.${level}`, layers));
  }
  const mid = await loadMidBlock(reader.at("mid_block"), config);
  stages.push(new Stage("mid_block", mid));
  stages.push(
    new Stage("conv_out", [
      await GroupNorm.load(reader.at("conv_norm_out"), {
        channels: lowest,
        silu: true,
        config,
      }),
      await Conv2d.load(reader.at("conv_out"), {
        inChannels: lowest,
        outChannels: 2 * config.latentChannels,
        kernel: 3,
        padding: 1,
      }),
    ]),
  );
  return stages;
}
