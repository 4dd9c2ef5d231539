import { circles } from "./check_circles.ts";
import assert from "node:assert/strict";

Deno.test("circles() finds no circle where imports go down", () => {
  const graph = new Map([["a", ["b", "c"]], ["b", ["c"]], ["c", []]]);
  assert.deepEqual(circles(graph), []);
});

Deno.test("circles() names the modules of each circle", () => {
  const graph = new Map([
    ["a", ["b"]],
    ["b", ["c"]],
    ["c", ["b", "d"]],
    ["d", ["d"]],
  ]);
  assert.deepEqual(circles(graph).map((names) => names.toSorted()), [
    ["d"],
    ["b", "c"],
  ]);
});
