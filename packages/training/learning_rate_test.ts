import assert from "node:assert/strict";
import { learningRate } from "./learning_rate.ts";

const BASE = { lr: 2, schedule: "constant", warmup: 0, steps: 10 } as const;

Deno.test("a constant rate is the rate, after its warm-up", () => {
  assert.equal(learningRate(0, BASE), 2);
  assert.equal(learningRate(9, BASE), 2);
  const warm = { ...BASE, warmup: 4 };
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((step) => learningRate(step, warm)),
    [0.5, 1, 1.5, 2, 2],
  );
});

Deno.test("a cosine falls from the rate to nothing", () => {
  const cosine = { ...BASE, schedule: "cosine" as const, warmup: 2 };
  assert.equal(learningRate(2, cosine), 2);
  assert.equal(learningRate(6, cosine), 1);
  assert.equal(learningRate(10, cosine), 0);
  assert.equal(learningRate(99, cosine), 0);
});

Deno.test("a cosine may wait and end above nothing", () => {
  const cosine = {
    ...BASE,
    schedule: "cosine" as const,
    warmup: 2,
    hold: 0.4,
    least: 1,
  };
  assert.deepEqual(
    [1, 2, 4, 7, 10, 99].map((step) => learningRate(step, cosine)),
    [2, 2, 2, 1.5, 1, 1],
  );
  assert.equal(learningRate(6, { ...cosine, warmup: 6 }), 2);
});
