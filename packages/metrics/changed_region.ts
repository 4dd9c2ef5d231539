import type { Image } from "@edit-transfer/image";

/** Options of {@linkcode changedRegion}. */
export interface ChangedRegionOptions {
  /**
   * Levels by which some channel has to differ.
   *
   * @default {24}
   */
  readonly threshold?: number | undefined;
  /**
   * Pixels by which the region is grown to each side, corners included.
   *
   * @default {2}
   */
  readonly grow?: number | undefined;
}

/**
 * Where two pictures differ: some channel by more than a threshold, grown by a
 * few pixels so that the soft rim of a change belongs to it.
 *
 * @param a First picture.
 * @param b Second picture, of the same size.
 * @param options See {@linkcode ChangedRegionOptions}.
 * @returns `[height · width]`, 1 inside the region and 0 outside.
 *
 * @throws {RangeError} If the sizes differ.
 *
 * @example Usage
 * ```ts
 * import { changedRegion } from "@edit-transfer/metrics";
 * import assert from "node:assert/strict";
 *
 * const a = { width: 4, height: 1, data: new Uint8Array(12) };
 * const b = { ...a, data: Uint8Array.of(25, ...new Uint8Array(11)) };
 * assert.deepEqual([...changedRegion(a, b)], [1, 1, 1, 0]);
 * ```
 */
export function changedRegion(
  a: Image,
  b: Image,
  options: ChangedRegionOptions = {},
): Uint8Array {
  const { threshold = 24, grow = 2 } = options;
  const { width, height } = a;
  if (b.width !== width || b.height !== height) {
    throw new RangeError(
      `Cannot compare pictures as their sizes must match: got ${width}×${height} and ${b.width}×${b.height}`,
    );
  }
  const region = new Uint8Array(width * height);
  for (let i = 0; i < width * height; i++) {
    let most = 0;
    for (let k = 3 * i; k < 3 * i + 3; k++) {
      most = Math.max(most, Math.abs(a.data[k]! - b.data[k]!));
    }
    if (most <= threshold) continue;
    const x = i % width;
    const y = Math.floor(i / width);
    for (
      let v = Math.max(0, y - grow);
      v <= Math.min(height - 1, y + grow);
      v++
    ) {
      const left = Math.max(0, x - grow);
      const right = Math.min(width - 1, x + grow);
      region.fill(1, v * width + left, v * width + right + 1);
    }
  }
  return region;
}
