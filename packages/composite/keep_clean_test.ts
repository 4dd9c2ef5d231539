import { keepClean } from "@edit-transfer/composite";
import { openDevice, Tensor } from "@edit-transfer/tensor";
import assert from "node:assert/strict";

Deno.test("keepClean() restores known tokens bit for bit", async () => {
  using device = await openDevice("cpu", { threads: 1 });
  const z = [0.1, -1e-20, 3e20, 7];
  const x = Tensor.from(device, [9, 9, 9, 9], { shape: [1, 2, 2] });
  const mask = Tensor.from(device, [0, 1], { shape: [1, 2, 1] });
  const clean = Tensor.from(device, [z[0]!, z[1]!, 0, 0], { shape: [1, 2, 2] });
  assert.deepEqual(
    await keepClean(x, { clean, mask }).data(),
    Float32Array.from([z[0]!, z[1]!, 9, 9]),
  );
});
