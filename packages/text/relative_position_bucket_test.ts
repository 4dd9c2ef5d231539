import { relativePositionBucket } from "@edit-transfer/text";
import { readGolden } from "@edit-transfer/testing";
import assert from "node:assert/strict";

const golden = readGolden("text/t5_buckets");

Deno.test.each([
  { buckets: 32, maxDistance: 128 },
  { buckets: 8, maxDistance: 20 },
  { buckets: 32, maxDistance: 64 },
  { buckets: 12, maxDistance: 100 },
  { buckets: 64, maxDistance: 512 },
])(
  "relativePositionBucket() is as in transformers at n=$buckets d=$maxDistance",
  (options) => {
    const expected = golden
      .arrays[`${options.buckets}_${options.maxDistance}`]!;
    assert.deepEqual(
      Array.from(
        expected,
        (_, i) => relativePositionBucket(i - 600, options),
      ),
      [...expected],
    );
  },
);
