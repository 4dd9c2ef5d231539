import type { ParameterReader } from "@edit-transfer/tensor";
import type { FluxConfig } from "./config.ts";
import { DoubleBlock } from "./double_block.ts";
import { SingleBlock } from "./single_block.ts";
import type { Block } from "./token_groups.ts";

/** Where the blocks stand in a checkpoint, double ones first, and how each is loaded. */
export function blockLoaders(config: FluxConfig) {
  const { numLayers, numSingleLayers } = config;
  const places = (
    count: number,
    path: string,
    kind: {
      load(reader: ParameterReader, config: FluxConfig): Promise<Block>;
    },
  ) =>
    Array.from({ length: count }, (_, i) => ({
      path: `${path}.${i}`,
      load: (reader: ParameterReader) => kind.load(reader, config),
    }));
  return [
    ...places(numLayers, "transformer_blocks", DoubleBlock),
    ...places(numSingleLayers, "single_transformer_blocks", SingleBlock),
  ];
}
