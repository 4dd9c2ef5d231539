/** Writes the elements of the block at `at` to `out` from `to` on. */
export type BlockReader = (
  bytes: Uint8Array,
  at: number,
  scale: (at: number) => number,
  out: Float32Array,
  to: number,
) => void;
