import assert from "node:assert/strict";
import { exitCodeOf, explain } from "./exit_code.ts";
import { InterruptError } from "./interruptible.ts";
import { UsageError } from "./usage_error.ts";

const named = (name: string) => Object.assign(new Error("Any"), { name });
const parsed = (exitCode: number, message: string) =>
  Object.assign(new Error(message), { code: "commander.any", exitCode });

const CASES: [unknown, number][] = [
  [parsed(0, "0.1.0"), 0],
  [new Error("Any"), 1],
  ["no error at all", 1],
  [parsed(1, "error: unknown"), 2],
  [new UsageError("flags"), 2],
  [named("ConfigError"), 2],
  [named("DeviceError"), 3],
  [named("OutOfMemoryError"), 4],
  [named("MemoryPlanError"), 4],
  [new RangeError("Array buffer allocation failed"), 4],
  [new RangeError("Any"), 1],
  [new DOMException("Interrupted", "AbortError"), 130],
  [new InterruptError("SIGINT"), 130],
  [new InterruptError("SIGTERM"), 143],
  [new Error("Stopped", { cause: new InterruptError("SIGHUP") }), 129],
  [new Error("Run failed", { cause: named("DeviceError") }), 3],
  [new UsageError("No file", { cause: named("DeviceError") }), 2],
];

for (const [error, code] of CASES) {
  Deno.test(`exitCodeOf(${String(error)}) is ${code}`, () => {
    assert.equal(exitCodeOf(error), code);
  });
}

Deno.test("explain() gives one line, and a stack only on request", () => {
  const one = parsed(1, "error: no\n(Did you mean so?)");
  assert.equal(explain(one), "error: no (Did you mean so?)");
  assert.equal(explain("no"), "error: no");
  assert.equal(explain(new Error("Bad")), "error: Bad");
  const cut = new Error("Cannot read JSON: got\n  nothing");
  assert.equal(explain(cut), "error: Cannot read JSON: got nothing");
  assert.match(explain(new Error("Bad"), { stack: true })!, /at /);
  assert.equal(explain(parsed(0, "help")), undefined);
});

Deno.test("explain() shows the table of an error, and obeys no text", () => {
  const error = Object.assign(new Error("Cannot open \x1b[31ma"), {
    table: () => "key  reason\na\x07   b",
  });
  assert.equal(
    explain(error),
    "error: Cannot open \\u001b[31ma\n\nkey  reason\na\\u0007   b",
  );
});
