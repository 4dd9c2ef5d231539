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
import { gather } from "./gather.ts";

const [V, C] = [9, 13];
const INDICES = [8, 0, 3, 3, 7, 1];

for (
  const [dtype, narrow, widen] of [
    ["f32", (v: Float32Array) => v, (v: ArrayLike<number>) => v],
    ["bf16", f32ToBf16, bf16ToF32],
    ["f16", f32ToF16, f16ToF32],
  ] as const
) {
  forEachDevice(`gather() copies rows of a ${dtype} table`, async (device) => {
    using inputs = new Inputs(device);
    const table = narrow(randomArray(1, V * C));
    const y = gather(
      inputs.tensor(table, [V, C], dtype),
      inputs.tensor(INDICES, [2, 3], "i32"),
    );
    assert.deepEqual(y.shape, [2, 3, C]);
    const wide = Array.from(widen(table as Float32Array & Uint16Array));
    assert.deepEqual(
      list(await read(y)),
      INDICES.flatMap((row) => wide.slice(row * C, (row + 1) * C)),
    );
  });
}

forEachDevice(
  "gather() throws when table or indices do not fit",
  async (device) => {
    using inputs = new Inputs(device);
    const table = inputs.tensor([1, 2], [2, 1]);
    assert.throws(() => gather(table, table), {
      name: "TypeError",
      message: "Cannot run gather as indices must be i32: got f32",
    });
    const indices = inputs.tensor([2], [1], "i32");
    assert.throws(() => gather(inputs.tensor([1]), indices), {
      name: "ShapeError",
      message:
        "Cannot run gather as table must be [V, C]: got table [1], indices [1]",
    });
    if (device.kind === "cpu") {
      const before = device.memory.tensors;
      assert.throws(() => gather(table, indices), {
        name: "RangeError",
        message: "Cannot run gather as indices must be in [0, 2): got 2",
      });
      assert.equal(device.memory.tensors, before);
    }
    await Promise.resolve();
  },
);
