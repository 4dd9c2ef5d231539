import assert from "node:assert/strict";
import { seedAfter } from "./validation.ts";

Deno.test("seedAfter() counts on, and begins anew behind the largest seed", () => {
  const most = Number.MAX_SAFE_INTEGER;
  assert.equal(seedAfter(42, 3), 45);
  assert.equal(seedAfter(most - 3, 3), most);
  assert.equal(seedAfter(most, 0), most);
  assert.equal(seedAfter(most, 1), 0);
  assert.equal(seedAfter(most, 8), 7);
});
