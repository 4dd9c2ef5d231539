import { activeRecording, type Tensor, unrecorded } from "../../tensor.ts";
import { resolveAxis } from "../_axis.ts";
import { output } from "../_output.ts";
import { slice } from "../slice/slice.ts";
import { zeros } from "../zeros/zeros.ts";

/**
 * Cuts a tensor into consecutive parts along an axis.
 *
 * @param x Input, `[..., n, ...]`, of any type.
 * @param axis Axis to cut; negative counts from the end.
 * @param sizes Extents of the parts, which add up to n.
 * @returns One tensor a size, `[..., sizes[i], ...]`, owned by the caller.
 *
 * @throws {RangeError} If there is no such axis or the sizes do not add up.
 *
 * @example Usage
 * ```ts
 * import { openDevice, split, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [1, 2, 3]);
 * const [head, tail] = split(x, 0, [1, 2]); // [1], [2]
 * assert.deepEqual([...await head!.data()], [1]);
 * assert.deepEqual([...await tail!.data()], [2, 3]);
 * ```
 */
export function split(
  x: Tensor,
  axis: number,
  sizes: readonly number[],
): Tensor[] {
  const cut = resolveAxis("split", axis, x.shape.length);
  const extent = x.shape[cut]!;
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (
    total !== extent ||
    !sizes.every((size) => Number.isInteger(size) && size >= 1)
  ) {
    throw new RangeError(
      `Cannot run split as sizes must be integers >= 1 and add up to ${extent} on axis ${cut}: got [${
        sizes.join(", ")
      }]`,
    );
  }
  let start = 0;
  const parts = unrecorded(() =>
    sizes.map((size) => slice(x, cut, { start, end: start += size }))
  );
  activeRecording()?.record(parts, [x], () => (dys) => {
    const gradients = dys.map((dy, i) =>
      dy ?? zeros(x.device, x.shape.with(cut, sizes[i]!))
    );
    return [
      output(
        x.device,
        x.shape,
        (dx) => x.device.kernels.concat(dx, gradients, cut),
      ),
    ];
  });
  return parts;
}
