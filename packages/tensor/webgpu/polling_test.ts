import assert from "node:assert/strict";
import { easePolling } from "./polling.ts";

/** Milliseconds that so many turns take, one after the other. */
async function turns(count: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < count; i++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  return performance.now() - start;
}

Deno.test("polling sleeps after 24 turns, until it is undone", async () => {
  const original = globalThis.setImmediate;
  const undo = easePolling();
  const undoAnother = easePolling();
  assert.ok(await turns(64) >= 40 * 0.5);
  undo();
  undo();
  assert.notEqual(globalThis.setImmediate, original);
  undoAnother();
  assert.equal(globalThis.setImmediate, original);
});
