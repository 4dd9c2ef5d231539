import {
  conv2d,
  type Padding2d,
  type ParameterReader,
  type Tensor,
} from "@edit-transfer/tensor";
import type { Layer } from "./layer.ts";

/** Options of {@linkcode Conv2d.load}. */
interface Conv2dOptions {
  inChannels: number;
  outChannels: number;
  /** Side of the window. */
  kernel: number;
  readonly stride?: number | undefined;
  readonly padding?: number | Padding2d | undefined;
}

/** Convolution with a bias. */
export class Conv2d implements Layer {
  constructor(
    readonly weight: Tensor,
    readonly bias: Tensor,
    readonly stride: number,
    readonly padding: number | Padding2d,
  ) {}

  static async load(
    reader: ParameterReader,
    options: Conv2dOptions,
  ): Promise<Conv2d> {
    const { inChannels, outChannels, kernel, stride = 1, padding = 0 } =
      options;
    const stored = [outChannels, inChannels, kernel, kernel];
    return new Conv2d(
      await reader.load("weight", stored, { axes: [0, 2, 3, 1] }), // [Cout, kh, kw, Cin]
      await reader.load("bias", [outChannels]),
      stride,
      padding,
    );
  }

  forward(x: Tensor): Tensor {
    const { bias, stride, padding } = this;
    return conv2d(x, this.weight, { bias, stride, padding }); // [B, h', w', Cout]
  }
}
