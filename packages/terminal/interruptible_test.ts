import assert from "node:assert/strict";
import process from "node:process";
import { exitCodeOf } from "./exit_code.ts";
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

for (const [name, code] of [["SIGTERM", 143], ["SIGHUP", 129]] as const) {
  Deno.test(`interruptible() aborts its signal at ${name}, with its own exit code`, async () => {
    const before = process.listenerCount(name);
    const run = interruptible(async (signal) => {
      if (process.listenerCount(name) === before) return; // ignored here
      process.emit(name);
      await Promise.resolve();
      signal.throwIfAborted();
    });
    if (name === "SIGTERM") {
      await assert.rejects(run, (error) => exitCodeOf(error) === code);
    } else {
      await run.catch((error) => assert.equal(exitCodeOf(error), code));
    }
    assert.equal(process.listenerCount(name), before);
  });
}
