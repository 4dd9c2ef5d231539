import { assertRelative, randomArray } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { forEachDevice, read } from "../_test_devices.ts";
import { F32, Inputs } from "../ops/_test_op.ts";
import { clip } from "./clip.ts";
import { globalNorm } from "./global_norm.ts";

forEachDevice("globalNorm() is that of all values together", async (device) => {
  using inputs = new Inputs(device);
  const [a, b] = [randomArray(1, 70_001), randomArray(2, 3)];
  const norm = await globalNorm([
    inputs.tensor(a),
    inputs.tensor(b, [3, 1]),
  ]);
  assertRelative([norm], [Math.hypot(...a, ...b)], F32);
  assert.equal(await globalNorm([]), 0);
  assert.equal(
    await globalNorm([inputs.tensor([1, Infinity]), inputs.tensor([2])]),
    Infinity,
  );
  assert.ok(Number.isNaN(await globalNorm([inputs.tensor([1, NaN])])));
});

forEachDevice("clip() shortens long gradients only", async (device) => {
  using inputs = new Inputs(device);
  const grad = inputs.tensor([30, 40]);
  const [short] = clip([grad], { norm: 50, maxNorm: 1 });
  assertRelative(await read(short!), [0.6, 0.8], F32);
  const [same] = clip([grad], { norm: 50, maxNorm: 60 });
  assert.deepEqual([...await read(same!)], [30, 40]);
  assert.throws(() => clip([grad], { norm: NaN, maxNorm: 1 }), {
    name: "RangeError",
    message: "Cannot clip gradients as their norm must be finite: got NaN",
  });
});
