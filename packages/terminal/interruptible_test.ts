import assert from "node:assert/strict";
import process from "node:process";
import { interruptible } from "./interruptible.ts";

Deno.test("interruptible() aborts its signal at Ctrl-C, and listens no longer then", async () => {
  const before = process.listenerCount("SIGINT");
  let told = 0;
  const run = interruptible(async (signal) => {
    await Promise.resolve();
    process.emit("SIGINT");
    signal.throwIfAborted();
  }, { onInterrupt: () => told++ });
  await assert.rejects(run, { name: "AbortError", message: "Interrupted" });
  assert.equal(told, 1);
  assert.equal(process.listenerCount("SIGINT"), before);
});
