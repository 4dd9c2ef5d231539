import { ShapeError } from "../../errors.ts";
import { recorded, type Tensor } from "../../tensor.ts";
import { operandDevice } from "../_operands.ts";
import { output } from "../_output.ts";

/** Options of {@linkcode pad}. */
export interface PadOptions {
  /**
   * What the border is filled with.
   *
   * @default {0}
   */
  readonly value?: number | undefined;
}

/**
 * Adds a constant border.
 *
 * @param x Input, `[n_0, n_1, ...]`, f32.
 * @param widths Elements added before and after, one pair an axis.
 * @param options See {@linkcode PadOptions}.
 * @returns `[before_0 + n_0 + after_0, ...]`, owned by the caller.
 *
 * @throws {ShapeError} If there is not one pair an axis.
 * @throws {RangeError} If a width is no natural number.
 *
 * @example Usage
 * ```ts
 * import { openDevice, pad, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [1, 2]);
 * using y = pad(x, [[1, 2]], { value: 9 }); // [5]
 * assert.deepEqual([...await y.data()], [9, 1, 2, 9, 9]);
 * ```
 */
export function pad(
  x: Tensor,
  widths: readonly (readonly [before: number, after: number])[],
  options: PadOptions = {},
): Tensor {
  const { value = 0 } = options;
  const device = operandDevice("pad", { x });
  if (widths.length !== x.shape.length) {
    throw new ShapeError("pad", "widths must have a pair for each axis of x", {
      x: x.shape,
      widths: [widths.length],
    });
  }
  for (const width of widths.flat()) {
    if (!Number.isInteger(width) || width < 0) {
      throw new RangeError(
        `Cannot run pad as widths must be integers >= 0: got ${width}`,
      );
    }
  }
  const shape = x.shape.map((n, i) => widths[i]![0] + n + widths[i]![1]);
  const before = widths.map(([before]) => before);
  const y = output(
    device,
    shape,
    (y) => device.kernels.pad(y, x, before, value),
  );
  return recorded(y, [x], () => (dy) => [
    output(device, x.shape, (dx) => device.kernels.slice(dx, dy, before)),
  ]);
}
