/** Options of {@linkcode relativePositionBucket}. */
export interface RelativePositionBucketOptions {
  /** Number of buckets n, half of them for each direction. */
  buckets: number;
  /** Distance d from which on all positions share the last bucket. */
  maxDistance: number;
}

/**
 * Bucket of a relative position in the attention of a T5 encoder.
 *
 * With m = n / 4 and distance δ: `δ` below m, else
 * `min(m + ⌊m ln(δ / m) / ln(d / m)⌋, n / 2 − 1)`; positions to the right are
 * n / 2 further up. Rounded to f32 where the reference is, because the floor
 * shows it.
 *
 * Source: `T5Attention._relative_position_bucket` of huggingface/transformers
 * 5.23.0, models/t5/modeling_t5.py.
 *
 * @param position Key position minus query position, in tokens.
 * @param options See {@linkcode RelativePositionBucketOptions}.
 * @returns Bucket, from 0 to n − 1.
 *
 * @example Usage
 * ```ts
 * import { relativePositionBucket } from "@edit-transfer/text";
 * import assert from "node:assert/strict";
 *
 * const options = { buckets: 32, maxDistance: 128 };
 * assert.equal(relativePositionBucket(-3, options), 3);
 * assert.equal(relativePositionBucket(3, options), 19);
 * assert.equal(relativePositionBucket(-500, options), 15);
 * ```
 */
export function relativePositionBucket(
  position: number,
  options: RelativePositionBucketOptions,
): number {
  const { maxDistance } = options;
  const half = Math.floor(options.buckets / 2);
  const exact = Math.floor(half / 2);
  const first = position > 0 ? half : 0;
  const distance = Math.abs(position);
  if (distance < exact) return first + distance;
  const log = Math.fround(Math.log(Math.fround(distance / exact)));
  const share = Math.fround(
    log / Math.fround(Math.log(maxDistance / exact)),
  );
  const far = exact + Math.floor(Math.fround(share * (half - exact)));
  return first + Math.min(far, half - 1);
}
