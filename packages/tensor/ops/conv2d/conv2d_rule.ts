import type { GradientRule, Tensor } from "../../tensor.ts";
import { output } from "../_output.ts";
import { sumAxes } from "../_sum_axes.ts";
import type { Padding2d } from "./kernels.ts";

type Shape4 = readonly [number, number, number, number];

/**
 * Gradients of a convolution, which are convolutions too: with zeros between
 * the pixels of dy for each pixel that the stride skips, dx is dy with the
 * window turned around, and the gradient of the weight is x with dy as window.
 */
export function conv2dRule(
  { x, weight }: {
    readonly x: Tensor | undefined;
    readonly weight: Tensor | undefined;
  },
  { shapes, stride, padding: { top, left }, needs }: {
    shapes: {
      readonly x: readonly number[];
      readonly weight: readonly number[];
    };
    stride: number;
    padding: Padding2d;
    needs: readonly boolean[];
  },
): GradientRule<Tensor> {
  const [B, h, w, Cin] = shapes.x as Shape4;
  const [Cout, kh, kw] = shapes.weight as Shape4;
  return (dy) => [
    weight && ofInput(dilated(dy, stride), weight),
    x && ofWeight(dilated(dy, stride), x),
    needs[2] ? sumAxes(dy, new Set([0, 1, 2])) : undefined,
  ];

  function ofInput(dy: Tensor, weight: Tensor): Tensor {
    // the last rows that no window reaches have no gradient
    const [, rows, columns] = dy.shape as Shape4;
    const padded = framed(dy, {
      top: kh - 1 - top,
      bottom: h + top - rows,
      left: kw - 1 - left,
      right: w + left - columns,
    }); // [B, h + kh - 1, w + kw - 1, Cout]
    return convolution(padded, turned(weight), [B, h, w, Cin]);
  }

  /** Window turned by half a turn, [Cin, kh, kw, Cout]. */
  function turned(weight: Tensor): Tensor {
    const { device } = weight;
    const flat = weight.reshape([Cout, kh * kw, Cin]);
    const taps = Array.from({ length: kh * kw }, (_, tap) =>
      output(
        device,
        [Cout, 1, Cin],
        (y) => device.kernels.slice(y, flat, [0, kh * kw - 1 - tap, 0]),
        weight.dtype,
      ));
    const reversed = output(
      device,
      flat.shape,
      (y) => device.kernels.concat(y, taps, 1),
      weight.dtype,
    );
    return permuted(reversed, [2, 1, 0]).reshape([Cin, kh, kw, Cout]);
  }

  function ofWeight(dy: Tensor, x: Tensor): Tensor {
    // channels are the images, images the channels
    const [, rows, columns] = dy.shape as Shape4;
    const padded = framed(permuted(x, [3, 1, 2, 0]), {
      top,
      bottom: rows + kh - 1 - top - h,
      left,
      right: columns + kw - 1 - left - w,
    }); // [Cin, rows + kh - 1, columns + kw - 1, B]
    const window = permuted(dy, [3, 1, 2, 0]); // [Cout, rows, columns, B]
    const gradient = convolution(padded, window, [Cin, kh, kw, Cout]);
    return permuted(gradient, [3, 1, 2, 0]); // [Cout, kh, kw, Cin]
  }
}

function permuted(x: Tensor, axes: readonly number[]): Tensor {
  return output(
    x.device,
    axes.map((axis) => x.shape[axis]!),
    (y) => x.device.kernels.permute(y, x, axes),
    x.dtype,
  );
}

function convolution(x: Tensor, weight: Tensor, shape: Shape4): Tensor {
  const padding = { top: 0, bottom: 0, left: 0, right: 0 };
  return output(x.device, shape, (y) => {
    const options = { bias: undefined, stride: 1, padding };
    x.device.kernels.conv2d(y, x, weight, options);
  });
}

/** An image with zeros between its pixels, `[B, (h - 1) stride + 1, ...]`. */
function dilated(x: Tensor, stride: number): Tensor {
  if (stride === 1) return x;
  const [B, h, w, C] = x.shape as Shape4;
  const spread = output(
    x.device,
    [B, h, stride, w, stride, C],
    (y) =>
      x.device.kernels.pad(
        y,
        x.reshape([B, h, 1, w, 1, C]),
        [0, 0, 0, 0, 0, 0],
        0,
      ),
  ).reshape([B, h * stride, w * stride, C]);
  return framed(spread, {
    top: 0,
    bottom: 1 - stride,
    left: 0,
    right: 1 - stride,
  });
}

/** Adds zeros around an image, or cuts off where a side is negative. */
function framed(
  x: Tensor,
  { top, bottom, left, right }: Padding2d,
): Tensor {
  const { kernels } = x.device;
  const [B, h, w, C] = x.shape as Shape4;
  const cut = (side: number) => Math.max(-side, 0);
  const added = (side: number) => Math.max(side, 0);
  const inner = [
    B,
    h - cut(top) - cut(bottom),
    w - cut(left) - cut(right),
    C,
  ];
  const kept = inner[1] === h && inner[2] === w ? x : output(
    x.device,
    inner,
    (y) => kernels.slice(y, x, [0, cut(top), cut(left), 0]),
  );
  const shape = [B, h + top + bottom, w + left + right, C];
  if (shape[1] === inner[1] && shape[2] === inner[2]) return kept;
  return output(
    x.device,
    shape,
    (y) => kernels.pad(y, kept, [0, added(top), added(left), 0], 0),
  );
}
