import { hashDistance, perceptualHash } from "@edit-transfer/curation";
import { blankImage, resize } from "@edit-transfer/image";
import assert from "node:assert/strict";
import { drawnPairs, softened, tinted } from "./_test_faults.ts";

const pairs = await drawnPairs(8);
const hashes = pairs.map(({ before }) => perceptualHash(before));

Deno.test("perceptualHash() hardly changes with size, blur and tint", async () => {
  for (const [i, { before, words }] of pairs.entries()) {
    const small = await resize(before, { width: 77, height: 77 });
    for (
      const same of [small, softened(before, 1), tinted(before, [6, -6, 3])]
    ) {
      assert.ok(hashDistance(hashes[i]!, perceptualHash(same)) <= 6, words);
    }
  }
});

Deno.test("perceptualHash() tells pictures apart", () => {
  for (const [i, a] of hashes.entries()) {
    for (const b of hashes.slice(i + 1)) assert.ok(hashDistance(a, b) > 10);
  }
});

Deno.test("perceptualHash() has 64 bits, half of them set, at any size", () => {
  for (const [i, hash] of hashes.entries()) {
    assert.ok(hash >= 0n && hash < 1n << 64n);
    assert.equal(hashDistance(hash, 0n), 32, pairs[i]!.words);
  }
  for (const side of [1, 7, 33]) perceptualHash(blankImage(side, side));
});
