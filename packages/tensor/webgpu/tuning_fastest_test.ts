import assert from "node:assert/strict";
import { fastest } from "./tuning_fastest.ts";

/** A clock that gives the times of each candidate one after the other. */
function fake(times: Readonly<Record<string, readonly number[]>>) {
  const runs = new Map<string, number>();
  return {
    runs,
    time: (name: string) => {
      const run = runs.get(name) ?? 0;
      runs.set(name, run + 1);
      return Promise.resolve(times[name]![Math.min(run, 5)]!);
    },
  };
}

Deno.test("fastest() ranks by the median and ignores the first run", async () => {
  const clock = fake({
    a: [1, 10, 10, 10, 10, 10],
    b: [900, 12, 5, 5, 5, 99],
    c: [900, 13, 14, 13, 1, 14],
  });
  assert.deepEqual(await fastest(["a", "b", "c"], clock), [
    ["b", 5],
    ["a", 10],
    ["c", 13],
  ]);
});

Deno.test("fastest() drops the hopeless early, but never the first", async () => {
  const clock = fake({ a: [1, 20], b: [1, 10], c: [1, 16] });
  clock.time = ((time) => (name: string) => {
    time(name);
    return Promise.resolve({ a: 20, b: 10, c: 16 }[name]!);
  })(clock.time);
  assert.deepEqual(await fastest(["a", "b", "c"], clock), [
    ["b", 10],
    ["a", 20],
  ]);
  assert.equal(clock.runs.get("c"), 2);
  assert.equal(clock.runs.get("a"), 6);
});

Deno.test("fastest() keeps the first unless another is clearly faster", async () => {
  const time = (name: string) => Promise.resolve(name === "a" ? 100 : 98);
  assert.equal((await fastest(["a", "b"], { time }))[0]![0], "a");
  const faster = (name: string) => Promise.resolve(name === "a" ? 100 : 96);
  assert.equal((await fastest(["a", "b"], { time: faster }))[0]![0], "b");
});

Deno.test("fastest() is brief with slow candidates", async () => {
  let runs = 0;
  const time = () => Promise.resolve(runs++ < 2 ? 9e5 : 8e5);
  await fastest(["a", "b"], { time });
  assert.equal(runs, 2 * 2 + 2);
});
