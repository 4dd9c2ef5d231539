import {
  groupNorm,
  type ParameterReader,
  type Tensor,
} from "@edit-transfer/tensor";
import type { VaeConfig } from "./config.ts";
import type { Layer } from "./layer.ts";

/** Group norm, followed by SiLU if asked for. */
export class GroupNorm implements Layer {
  constructor(
    readonly weight: Tensor,
    readonly bias: Tensor,
    readonly groups: number,
    readonly silu: boolean,
  ) {}

  static async load(
    reader: ParameterReader,
    { channels, silu, config }: {
      channels: number;
      silu: boolean;
      config: VaeConfig;
    },
  ): Promise<GroupNorm> {
    return new GroupNorm(
      await reader.load("weight", [channels]),
      await reader.load("bias", [channels]),
      config.normNumGroups,
      silu,
    );
  }

  forward(x: Tensor): Tensor {
    const { weight, bias, groups, silu } = this;
    return groupNorm(x, { weight, bias, groups, eps: 1e-6, silu }); // [B, h, w, C]
  }
}
