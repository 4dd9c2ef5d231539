import { eulerStep } from "@edit-transfer/flow";
import { openDevice, Tensor } from "@edit-transfer/tensor";
import assert from "node:assert/strict";

Deno.test("eulerStep() of a straight flow reaches the data in any number of steps", async () => {
  using device = await openDevice("cpu", { threads: 1 });
  const noise = [0.5, -1, 2];
  const data = [4, 0, -3];
  const v = Tensor.from(device, noise.map((n, i) => n - data[i]!));
  let x = Tensor.from(device, noise);
  const sigmas = [1, 0.75, 0.5, 0.125, 0];
  for (let i = 0; i + 1 < sigmas.length; i++) {
    x = eulerStep(x, v, sigmas[i]!, sigmas[i + 1]!);
  }
  assert.deepEqual([...await x.data()], data);
});
