import { checkPair } from "@edit-transfer/image";
import assert from "node:assert/strict";

const size = (width: number, height: number) => ({ width, height });

Deno.test("checkPair() takes pictures of one shape, in any sizes", () => {
  for (
    const [before, after] of [
      [size(64, 64), size(64, 64)],
      [size(64, 64), size(512, 512)],
      [size(128, 64), size(64, 32)],
      [size(1000, 667), size(500, 333)],
      [size(1000, 667), size(500, 334)],
      [size(333, 500), size(667, 1000)],
      [size(12_000, 9001), size(6000, 4501)],
      [size(1, 1), size(7, 7)],
    ] as const
  ) {
    checkPair(["before", before], ["after", after]);
    checkPair(["before", after], ["after", before]);
  }
});

Deno.test("checkPair() refuses pictures of different shape, with the numbers", () => {
  for (
    const [before, after] of [
      [size(64, 64), size(128, 64)],
      [size(64, 48), size(48, 64)],
      [size(1000, 667), size(1000, 666)],
      [size(512, 512), size(512, 510)],
      [size(1024, 1024), size(64, 63)],
    ] as const
  ) {
    const of = (one: typeof before) => `${one.width} x ${one.height}`;
    assert.throws(() => checkPair(["before", before], ['"b.png"', after]), {
      name: "RangeError",
      message:
        `Cannot pair before and "b.png" as both must have one shape, to be cut at one place: got ${
          of(before)
        } and ${of(after)}`,
    });
  }
});
