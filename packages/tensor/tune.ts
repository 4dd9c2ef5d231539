import type { Device } from "./backend.ts";

/**
 * Runs work, and if it met shapes for which no kernel was measured on this
 * adapter, measures them and runs it again: so all that follows runs on the
 * same kernels, today and on later days.
 *
 * Nothing is measured on the cpu, on software adapters, and where the
 * environment has `EDIT_TRANSFER_TUNE=off`.
 *
 * @param device Device of the tensors.
 * @param body Work, on tensors of any shape `[...]`; not asynchronous.
 * @param discard Frees the result of the first run if there is a second one.
 * @returns What the last run returned.
 *
 * @example Usage
 * ```ts
 * import { matmul, openDevice, Tensor, tune } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * const a = Tensor.from(device, [1, 2], { shape: [1, 2] });
 * const b = Tensor.from(device, [3, 4], { shape: [2, 1] });
 * const y = await tune(device, () => matmul(a, b), (y) => y.dispose());
 * assert.deepEqual([...await y.data()], [11]);
 * ```
 */
export async function tune<T>(
  device: Device,
  body: () => T,
  discard: (result: T) => void,
): Promise<T> {
  return device.tune === undefined ? body() : await device.tune(body, discard);
}
