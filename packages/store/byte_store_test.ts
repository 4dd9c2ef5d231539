import assert from "node:assert/strict";
import { checkKey } from "./byte_store.ts";

Deno.test("checkKey refuses whatever could leave the store", () => {
  const good = ["a", "inputs/0f.png", "outputs/1-2/a_b.png"];
  for (const key of good) assert.equal(checkKey(key), key);
  const bad = [
    ...["", "/", "a/", "/a", "a//b", ".", "..", "../a", "a/../b", "a/.b"],
    ...["a\\b", "a b", "a\0", "ä", "a?b", "a%2e", "C:a", "a".repeat(2000)],
  ];
  for (const key of bad) {
    assert.throws(() => checkKey(key), /Cannot use the key/);
  }
});
