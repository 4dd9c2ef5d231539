import type { Device } from "./backend.ts";
import { matmul } from "./gemm/matmul.ts";
import { scope } from "./scope.ts";
import { Tensor } from "./tensor.ts";

/** Side of the matrices. */
const SIDE = 768;
/** Milliseconds that it multiplies for, at least. */
const LEAST = 300;

/**
 * Measures how fast a device multiplies: f32 matrices of 768 × 768, for 0.3 s.
 *
 * @param device Device, not in use by anything else.
 * @returns Floating-point operations in a second.
 *
 * @throws {DeviceError} If the device fails.
 *
 * @example Usage
 * ```ts
 * import { measureFlops, openDevice } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu", { threads: 1 });
 * assert.ok(await measureFlops(device) > 1e6);
 * ```
 */
export async function measureFlops(device: Device): Promise<number> {
  const ones = () =>
    Tensor.from(device, new Float32Array(SIDE * SIDE).fill(1), {
      shape: [SIDE, SIDE],
    });
  using a = ones();
  using b = ones();
  const product = async () => {
    scope(() => void matmul(a, b));
    await device.sync();
  };
  await product(); // compiles
  const start = performance.now();
  let count = 0;
  while (performance.now() - start < LEAST) {
    await product();
    count++;
  }
  const seconds = (performance.now() - start) / 1000;
  return 2 * SIDE ** 3 * count / seconds;
}
