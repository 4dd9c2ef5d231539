import fc from "fast-check";
import assert from "node:assert/strict";
import { sizeClass } from "./pool.ts";

Deno.test("sizeClass() wastes at most a sixteenth and aligns to 256 bytes", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 32 }), (size) => {
      const capacity = sizeClass(size);
      assert.ok(capacity >= size);
      assert.equal(capacity % 256, 0);
      assert.ok(capacity - size <= Math.max(256, size / 16));
    }),
    { numRuns: 200, seed: 1 },
  );
});
