import { randomArray } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { matmul } from "../gemm/matmul.ts";
import { Tensor } from "../tensor.ts";
import { openCpuDevice } from "./device.ts";

Deno.test("openCpuDevice() gives the same numbers with any number of threads", async () => {
  const [M, N, K] = [150, 170, 190];
  const results: number[][] = [];
  for (const threads of [1, 2, 5]) {
    using device = await openCpuDevice({ threads });
    using a = Tensor.from(device, randomArray(1, M * K), { shape: [M, K] });
    using b = Tensor.from(device, randomArray(2, K * N), { shape: [K, N] });
    for (let run = 0; run < 20; run++) {
      using y = matmul(a, b);
      results.push([...await y.data()]);
      await new Promise((resolve) => setTimeout(resolve, 2)); // threads start
    }
  }
  for (const result of results) assert.deepEqual(result, results[0]);
});

Deno.test("CpuDevice.memory counts tensors and panels until they are freed", async () => {
  using device = await openCpuDevice({ threads: 1 });
  {
    using a = Tensor.from(device, new Float32Array(64), { shape: [8, 8] });
    for (let run = 0; run < 3; run++) matmul(a, a).dispose();
    assert.equal(device.memory.tensors, 1);
    assert.equal(device.memory.bytes, 512); // a, and a in panels
  }
  const { tensors, bytes, peakBytes, heldBytes } = device.memory;
  assert.deepEqual({ tensors, bytes }, { tensors: 0, bytes: 0 });
  assert.ok(peakBytes >= 512);
  assert.equal(heldBytes, 16 * 2 ** 20); // as much as the heap grows at a time
});

Deno.test("CpuDevice throws once it was destroyed", async () => {
  const device = await openCpuDevice({ threads: 1 });
  device[Symbol.dispose]();
  assert.throws(() => device.allocate("f32", 1), {
    name: "DeviceError",
    message: "Cannot use cpu (1 thread) as it was destroyed",
  });
});

Deno.test("openCpuDevice() throws when there are no threads", async () => {
  await assert.rejects(openCpuDevice({ threads: 0 }), {
    name: "RangeError",
    message: "Cannot open cpu device as threads must be an integer >= 1: got 0",
  });
});
