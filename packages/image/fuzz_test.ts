import assert from "node:assert/strict";
import { FUZZ_KINDS, fuzzPictures } from "./_test_fuzz.ts";

for (const kind of FUZZ_KINDS) {
  Deno.test(`100 mutations of ${kind} end in a picture or a sentence`, async () => {
    const { read, refused } = await fuzzPictures({ kind, seed: 1, runs: 100 });
    assert.equal(read + refused, 100);
    assert.ok(refused > 5);
  });
}
