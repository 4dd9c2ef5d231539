import { ShapeError } from "../../errors.ts";
import { recorded, type Tensor } from "../../tensor.ts";
import { operandDevice } from "../_operands.ts";
import { output } from "../_output.ts";
import { conv2dRule } from "./conv2d_rule.ts";
import type { Padding2d } from "./kernels.ts";

/** Options of {@linkcode conv2d}. */
export interface Conv2dOptions {
  /** Bias, `[Cout]`, if there is one. */
  readonly bias?: Tensor | undefined;
  /**
   * Step between outputs, in rows and in columns.
   *
   * @default {1}
   */
  readonly stride?: number | undefined;
  /**
   * Zero rows and columns around the image; a number is for all four sides.
   *
   * @default {0}
   */
  readonly padding?: number | Padding2d | undefined;
}

/**
 * Convolution of an image (cross-correlation, as in PyTorch).
 *
 * `y[i, j, o] = bias[o] + Σ_{u, v, c} x[s i + u - top, s j + v - left, c] weight[o, u, v, c]`
 *
 * @param x Image, `[B, h, w, Cin]`.
 * @param weight Weight, `[Cout, kh, kw, Cin]`, f32, f16 or bf16.
 * @param options See {@linkcode Conv2dOptions}.
 * @returns `[B, h', w', Cout]`, owned by the caller.
 *
 * @throws {ShapeError} If the weight, the bias or the padded extent does not fit.
 * @throws {RangeError} If the stride or the padding is no natural number.
 *
 * @example Usage
 * ```ts
 * import { conv2d, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [1, 2, 3], { shape: [1, 1, 3, 1] });
 * using weight = Tensor.from(device, [1, 10], { shape: [1, 1, 2, 1] });
 * using y = conv2d(x, weight); // [1, 1, 2, 1]
 * assert.deepEqual([...await y.data()], [21, 32]);
 * ```
 */
export function conv2d(
  x: Tensor,
  weight: Tensor,
  options: Conv2dOptions = {},
): Tensor {
  const { bias, stride = 1 } = options;
  const padding = sides(options.padding ?? 0);
  const device = operandDevice("conv2d", { x, bias }, { weight });
  const [B, h, w, Cin] = x.shape;
  const [Cout, kh, kw] = weight.shape;
  if (
    x.shape.length !== 4 || weight.shape.length !== 4 ||
    weight.shape[3] !== Cin
  ) {
    throw new ShapeError(
      "conv2d",
      "weight must be [Cout, kh, kw, Cin] for x [B, h, w, Cin]",
      { x: x.shape, weight: weight.shape },
    );
  }
  if (
    bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== Cout)
  ) {
    throw new ShapeError("conv2d", "bias must be [Cout]", {
      weight: weight.shape,
      bias: bias.shape,
    });
  }
  if (!Number.isInteger(stride) || stride < 1) {
    throw new RangeError(
      `Cannot run conv2d as the stride must be an integer >= 1: got ${stride}`,
    );
  }
  const { top, bottom, left, right } = padding;
  const rows = Math.floor((h! + top + bottom - kh!) / stride) + 1;
  const columns = Math.floor((w! + left + right - kw!) / stride) + 1;
  if (rows < 1 || columns < 1) {
    throw new ShapeError(
      "conv2d",
      "the padded image must be at least as large as the window",
      { x: x.shape, weight: weight.shape, padding: [top, bottom, left, right] },
    );
  }
  const shape = [B!, rows, columns, Cout!]; // [B, h', w', Cout]
  const y = output(
    device,
    shape,
    (y) => device.kernels.conv2d(y, x, weight, { bias, stride, padding }),
  );
  return recorded(y, [x, weight, bias], (needs, save) => {
    const [needsX, needsWeight] = needs;
    const saved = {
      x: needsWeight ? save(x) : undefined,
      weight: needsX ? save(weight) : undefined,
    };
    const shapes = { x: x.shape, weight: weight.shape };
    return conv2dRule(saved, { shapes, stride, padding, needs });
  });
}

/** Padding of each side; refuses what is no natural number. */
function sides(padding: number | Padding2d): Padding2d {
  const { top, bottom, left, right } = typeof padding === "number"
    ? { top: padding, bottom: padding, left: padding, right: padding }
    : padding;
  for (const side of [top, bottom, left, right]) {
    if (!Number.isInteger(side) || side < 0) {
      throw new RangeError(
        `Cannot run conv2d as padding must be integers >= 0: got ${side}`,
      );
    }
  }
  return { top, bottom, left, right };
}
