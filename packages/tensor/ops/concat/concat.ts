import type { Device } from "../../backend.ts";
import { denseDType } from "../../dtype.ts";
import { ShapeError } from "../../errors.ts";
import { recorded, type Tensor } from "../../tensor.ts";
import { resolveAxis } from "../_axis.ts";
import { sameDevice } from "../_operands.ts";
import { output } from "../_output.ts";

/**
 * Joins tensors along an axis.
 *
 * @param parts Tensors of one type, at least one, `[..., n_i, ...]`.
 * @param axis Axis whose extents add up; negative counts from the end.
 * @returns `[..., Σ n_i, ...]`, owned by the caller.
 *
 * @throws {ShapeError} If other extents differ.
 * @throws {RangeError} If there are no parts or no such axis.
 *
 * @example Usage
 * ```ts
 * import { concat, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using a = Tensor.from(device, [1, 2], { shape: [2, 1] });
 * using b = Tensor.from(device, [3, 4], { shape: [2, 1] });
 * using y = concat([a, b], 1); // [2, 2]
 * assert.deepEqual([...await y.data()], [1, 3, 2, 4]);
 * ```
 */
export function concat(parts: readonly Tensor[], axis: number): Tensor {
  const [first] = parts;
  if (first === undefined) {
    throw new RangeError("Cannot run concat as it needs a part: got 0 parts");
  }
  const joined = resolveAxis("concat", axis, first.shape.length);
  denseDType("concat", first.dtype);
  let device: Device = first.device;
  let extent = 0;
  for (const [i, part] of parts.entries()) {
    device = sameDevice("concat", `parts[${i}]`, part, device);
    if (part.dtype !== first.dtype) {
      throw new TypeError(
        `Cannot run concat as parts must be of one type: got ${first.dtype} and ${part.dtype}`,
      );
    }
    if (
      part.shape.length !== first.shape.length ||
      part.shape.some((n, k) => k !== joined && n !== first.shape[k])
    ) {
      throw new ShapeError(
        "concat",
        `parts must differ along axis ${joined} only`,
        { "parts[0]": first.shape, [`parts[${i}]`]: part.shape },
      );
    }
    extent += part.shape[joined]!;
  }
  const y = output(
    device,
    first.shape.with(joined, extent),
    (y) => device.kernels.concat(y, parts, joined),
    first.dtype,
  );
  return recorded(y, parts, (needs) => (dy) => {
    let start = 0;
    return parts.map(({ shape }, i) => {
      const starts = shape.map((_, axis) => axis === joined ? start : 0);
      start += shape[joined]!;
      return needs[i]
        ? output(device, shape, (dx) => device.kernels.slice(dx, dy, starts))
        : undefined;
    });
  });
}
