/** Array in host memory. */
export interface HostTensor {
  /** Extents. */
  readonly shape: readonly number[];
  /** Elements in row-major order. */
  readonly data: Float32Array<ArrayBuffer>;
}
