import assert from "node:assert/strict";
import { validationCourse } from "./early_stop.ts";

Deno.test("the best validation and how many have passed since", () => {
  const course = (...losses: unknown[]) =>
    validationCourse(losses.flatMap((loss, step) => [
      { event: "step", step, loss: 0 },
      { event: "validation", step, loss },
    ]));
  assert.deepEqual(course(), { best: Infinity, since: 0 });
  assert.deepEqual(course(3), { best: 3, since: 0 });
  assert.deepEqual(course(3, 2, 2, 4), { best: 2, since: 2 });
  assert.deepEqual(course(3, 2, 2, 1), { best: 1, since: 0 });
});
