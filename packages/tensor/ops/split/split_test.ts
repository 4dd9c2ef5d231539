import assert from "node:assert/strict";
import { forEachDevice, read } from "../../_test_devices.ts";
import { Inputs, iota, list } from "../_test_op.ts";
import { split } from "./split.ts";

forEachDevice("split() cuts in order", async (device) => {
  using inputs = new Inputs(device);
  const parts = split(inputs.tensor(iota(8), [2, 4]), -1, [1, 3]);
  assert.deepEqual(parts.map((part) => part.shape), [[2, 1], [2, 3]]);
  assert.deepEqual(list(await read(parts[0]!)), [0, 4]);
  assert.deepEqual(list(await read(parts[1]!)), [1, 2, 3, 5, 6, 7]);
});

forEachDevice("split() throws when sizes do not add up", async (device) => {
  using inputs = new Inputs(device);
  const x = inputs.tensor([1, 2, 3]);
  const message = (sizes: string) => ({
    name: "RangeError",
    message:
      `Cannot run split as sizes must be integers >= 1 and add up to 3 on axis 0: got [${sizes}]`,
  });
  assert.throws(() => split(x, 0, [1, 1]), message("1, 1"));
  assert.throws(() => split(x, 0, [3, 0]), message("3, 0"));
  assert.throws(() => split(x, 0, [1.5, 1.5]), message("1.5, 1.5"));
  await Promise.resolve();
});
