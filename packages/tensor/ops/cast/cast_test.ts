import { randomArray } from "@edit-transfer/testing";
import {
  bf16ToF32,
  f16ToF32,
  f32ToBf16,
  f32ToF16,
} from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { forEachDevice, read } from "../../_test_devices.ts";
import { Inputs, list } from "../_test_op.ts";
import { cast } from "./cast.ts";

// ties, subnormals, the largest values, and what overflows
const X = [0, 1, -2, 1 + 2 ** -8, 1 + 3 * 2 ** -8, 1 + 2 ** -11, 65504, 6e-5];

for (
  const [dtype, narrow, widen] of [
    ["bf16", f32ToBf16, bf16ToF32],
    ["f16", f32ToF16, f16ToF32],
  ] as const
) {
  forEachDevice(
    `cast() rounds to ${dtype} as the file formats do, and back exactly`,
    async (device) => {
      using inputs = new Inputs(device);
      const x = Float32Array.of(...X, ...randomArray(1, 101, 10));
      const narrowed = inputs.use(cast(inputs.tensor(x), dtype));
      assert.equal(narrowed.dtype, dtype);
      const bits = narrow(x);
      assert.deepEqual(list(await narrowed.data()), list(bits));
      assert.deepEqual(
        list(await read(cast(narrowed, "f32"))),
        list(widen(bits)),
      );
    },
  );
}

forEachDevice("cast() throws on indices", async (device) => {
  using inputs = new Inputs(device);
  const x = inputs.tensor([1]);
  assert.throws(() => cast(x, "i32"), {
    name: "TypeError",
    message:
      "Cannot run cast as types must be f32, f16 or bf16: got f32 to i32",
  });
  await Promise.resolve();
});
