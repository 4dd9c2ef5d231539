import type { ParameterReader } from "@edit-transfer/tensor";
import { AttentionBlock } from "./attention_block.ts";
import type { VaeConfig } from "./config.ts";
import type { Layer } from "./layer.ts";
import { ResnetBlock } from "./resnet_block.ts";

/** Loads the layers at the lowest level, where encoder and decoder are alike. */
export async function loadMidBlock(
  reader: ParameterReader,
  config: VaeConfig,
): Promise<Layer[]> {
  const channels = config.blockOutChannels.at(-1)!;
  const resnet = (i: number) =>
    ResnetBlock.load(reader.at("resnets").at(i), {
      inChannels: channels,
      outChannels: channels,
      config,
    });
  const layers: Layer[] = [await resnet(0)];
  if (config.midBlockAddAttention) {
    const attention = reader.at("attentions").at(0);
    layers.push(await AttentionBlock.load(attention, { channels, config }));
  }
  layers.push(await resnet(1));
  return layers;
}
