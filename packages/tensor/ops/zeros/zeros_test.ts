import assert from "node:assert/strict";
import { forEachDevice, read } from "../../_test_devices.ts";
import { Inputs } from "../_test_op.ts";
import { zeros } from "./zeros.ts";

forEachDevice("zeros() clears memory that was used before", async (device) => {
  {
    using inputs = new Inputs(device);
    inputs.tensor(new Float32Array(15).fill(3));
  }
  const x = zeros(device, [3, 5]);
  assert.deepEqual(x.shape, [3, 5]);
  assert.deepEqual([...await read(x)], Array(15).fill(0));
});
