import { denseDType } from "../../dtype.ts";
import { recorded, type Tensor } from "../../tensor.ts";
import { resolveAxis } from "../_axis.ts";
import { output } from "../_output.ts";

/** Range of {@linkcode slice}. */
export interface SliceRange {
  /**
   * First index; negative counts from the end.
   *
   * @default {0}
   */
  readonly start?: number | undefined;
  /**
   * Index after the last; negative counts from the end.
   *
   * @default {the extent}
   */
  readonly end?: number | undefined;
}

/**
 * Copies a range of an axis.
 *
 * @param x Input, `[..., n, ...]`, of any type but blocks.
 * @param axis Axis to cut; negative counts from the end.
 * @param range Indices to copy, see {@linkcode SliceRange}.
 * @returns `[..., end - start, ...]`, owned by the caller.
 *
 * @throws {RangeError} If there is no such axis, or the range is empty or does not lie inside it.
 *
 * @example Usage
 * ```ts
 * import { openDevice, slice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [1, 2, 3, 4]);
 * using y = slice(x, 0, { start: 1, end: -1 }); // [2]
 * assert.deepEqual([...await y.data()], [2, 3]);
 * ```
 */
export function slice(x: Tensor, axis: number, range: SliceRange = {}): Tensor {
  denseDType("slice", x.dtype);
  const cut = resolveAxis("slice", axis, x.shape.length);
  const extent = x.shape[cut]!;
  const { start = 0, end = extent } = range;
  const first = start < 0 ? start + extent : start;
  const last = end < 0 ? end + extent : end;
  if (
    !Number.isInteger(first) || !Number.isInteger(last) || first < 0 ||
    last > extent || first >= last
  ) {
    throw new RangeError(
      `Cannot run slice as 0 <= start < end <= ${extent} must hold on axis ${cut}: got start ${start}, end ${end}`,
    );
  }
  const { kernels } = x.device;
  const starts = x.shape.map((_, i) => i === cut ? first : 0);
  const y = output(
    x.device,
    x.shape.with(cut, last - first),
    (y) => kernels.slice(y, x, starts),
    x.dtype,
  );
  return recorded(y, [x], () => (dy) => [
    output(x.device, x.shape, (dx) => kernels.pad(dx, dy, starts, 0)),
  ]);
}
