import { DeviceError, OutOfMemoryError } from "@edit-transfer/tensor";
import { CommanderError } from "commander";
import assert from "node:assert/strict";
import { exitCodeOf, explain, NoDeviceError, UsageError } from "./exit_code.ts";

const CASES: [unknown, number][] = [
  [new CommanderError(0, "commander.version", "0.1.0"), 0],
  [new Error("Any"), 1],
  ["no error at all", 1],
  [new DeviceError("lost in the middle of a run"), 1],
  [new CommanderError(1, "commander.unknownOption", "error: unknown"), 2],
  [new UsageError("flags"), 2],
  [new NoDeviceError("no adapter"), 3],
  [new OutOfMemoryError(2 ** 30, 0, "cpu"), 4],
  [new RangeError("Array buffer allocation failed"), 4],
  [new DOMException("Interrupted", "AbortError"), 130],
];

for (const [error, code] of CASES) {
  Deno.test(`exitCodeOf(${String(error)}) is ${code}`, () => {
    assert.equal(exitCodeOf(error), code);
  });
}

Deno.test("explain() gives one line, and a stack only on request", () => {
  const error = new CommanderError(1, "x", "error: no\n(Did you mean so?)");
  assert.equal(
    explain(error, { stack: false }),
    "error: no (Did you mean so?)",
  );
  assert.equal(explain(new Error("Bad"), { stack: false }), "error: Bad");
  const cut = new Error("Cannot read JSON: got\n  nothing");
  assert.equal(
    explain(cut, { stack: false }),
    "error: Cannot read JSON: got nothing",
  );
  assert.match(explain(new Error("Bad"), { stack: true })!, /at /);
  assert.equal(
    explain(new CommanderError(0, "x", "help"), { stack: false }),
    undefined,
  );
});
