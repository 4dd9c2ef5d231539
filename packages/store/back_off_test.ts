import assert from "node:assert/strict";
import { backOff } from "./back_off.ts";
import { TransientError } from "./transient_error.ts";

const busy = () => Promise.reject(new TransientError("Busy"));

Deno.test("backOff waits longer each time, up to a limit, and gives up", async () => {
  const waits: number[] = [];
  const onWait = (_: Error, wait: number) => waits.push(wait);
  const options = { tries: 5, firstMs: 4, longestMs: 10, onWait };
  await assert.rejects(backOff(busy, options), /Busy/);
  assert.equal(waits.length, 4);
  for (const [i, most] of [4, 8, 10, 10].entries()) {
    assert.ok(waits[i]! >= most / 2 && waits[i]! <= most, `${waits}`);
  }
});

Deno.test("backOff tries no other failure again", async () => {
  let tries = 0;
  const wrong = () => {
    tries++;
    return Promise.reject(new Error("Wrong"));
  };
  await assert.rejects(backOff(wrong), /Wrong/);
  assert.equal(tries, 1);
});

Deno.test("backOff ends when its signal aborts", async () => {
  const stop = new AbortController();
  const waiting = backOff(busy, {
    tries: Infinity,
    firstMs: 60_000,
    signal: stop.signal,
    onWait: () => stop.abort(),
  });
  await assert.rejects(waiting, { name: "AbortError" });
});
