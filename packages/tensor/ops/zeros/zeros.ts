import type { Device } from "../../backend.ts";
import { DTYPE_BYTES } from "../../dtype.ts";
import { Tensor } from "../../tensor.ts";

/**
 * A tensor of zeros.
 *
 * @param device Device to allocate on.
 * @param shape Extent of each axis, outermost first.
 * @returns The new f32 tensor, owned by the caller.
 *
 * @throws {RangeError} If an extent is not a positive integer.
 *
 * @example Usage
 * ```ts
 * import { openDevice, zeros } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = zeros(device, [2]);
 * assert.deepEqual([...await x.data()], [0, 0]);
 * ```
 */
export function zeros(device: Device, shape: readonly number[]): Tensor {
  const x = new Tensor(device, shape);
  device.upload(x.storage, new Float32Array(x.sizeBytes / DTYPE_BYTES.f32));
  return x;
}
