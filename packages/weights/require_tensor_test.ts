import {
  memoryWeights,
  requireTensor,
  WeightError,
} from "@edit-transfer/weights";
import assert from "node:assert/strict";

const source = memoryWeights({
  "proj.weight": { dtype: "F32", shape: [2, 3], data: new Float32Array(6) },
}, { path: "a.safetensors" });

Deno.test("requireTensor() names the nearest name of a missing tensor", () => {
  assert.throws(() => requireTensor(source, "proj.weights", [2, 3]), {
    name: "WeightError",
    message: 'Cannot find weight "proj.weights" in "a.safetensors": ' +
      'nearest is "proj.weight"',
    path: "a.safetensors",
    weight: "proj.weights",
    nearest: "proj.weight",
  });
});

Deno.test("requireTensor() refuses another shape, of any rank", () => {
  for (const shape of [[3, 2], [6], [2, 3, 1], []]) {
    assert.throws(() => requireTensor(source, "proj.weight", shape), {
      message: 'Cannot use weight "proj.weight" of "a.safetensors" as its ' +
        `shape must be [${shape.join(", ")}]: got [2, 3]`,
    });
  }
});

Deno.test("requireTensor() says when there is nothing at all", () => {
  assert.throws(
    () => requireTensor(memoryWeights({}), "x", []),
    new WeightError('Cannot find weight "x" in "memory": it is empty', {
      path: "memory",
      weight: "x",
    }),
  );
});
