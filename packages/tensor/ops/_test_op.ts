import type { Device } from "../backend.ts";
import type { DType } from "../dtype.ts";
import type { HostArray } from "../host_array.ts";
import { Tensor } from "../tensor.ts";

/**
 * Largest relative error ‖y − r‖ / ‖r‖ of an f32 operation: a few roundings
 * of 6e-8 an element, and sums of K terms whose errors grow as √K, K < 16,384.
 */
export const F32 = 1e-5;

/** Frees its tensors when the test ends. */
export class Inputs extends DisposableStack {
  readonly #device: Device;

  constructor(device: Device) {
    super();
    this.#device = device;
  }

  /** A tensor of values, f32 unless said otherwise. */
  tensor(
    values: ArrayLike<number>,
    shape: readonly number[] = [values.length],
    dtype: DType = "f32",
  ): Tensor {
    return this.use(Tensor.from(this.#device, values, { shape, dtype }));
  }
}

/** The values 0, 1, 2, … */
export function iota(n: number): Float32Array {
  return Float32Array.from({ length: n }, (_, i) => i);
}

/** Plain numbers, to compare exactly. */
export function list(values: HostArray): number[] {
  return [...values];
}
