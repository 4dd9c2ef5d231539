import assert from "node:assert/strict";
import { NO_ADAPTER, testAdapter } from "./_test_adapter.ts";
import {
  attention,
  conv2d,
  type Device,
  layerNormModulate,
  linear,
  openDevice,
  openDryDevice,
  permute,
  rmsNormRope,
  scope,
  Tensor,
} from "./mod.ts";

/** Operations that take scratch memory, and others between them. */
function work(device: Device): void {
  const tensor = (shape: number[], dtype?: "bf16" | "q8_0") =>
    new Tensor(device, shape, dtype);
  const q = tensor([1, 3, 50, 64]);
  const angles = tensor([50, 32]);
  const weights = [tensor([128, 64], "bf16"), tensor([96, 64], "q8_0")];
  for (let use = 0; use < 3; use++) {
    scope(() => {
      for (const weight of weights) linear(tensor([1, 70, 64]), weight);
      attention(q, q, q);
      conv2d(tensor([1, 20, 20, 8]), tensor([24, 3, 3, 8]), {
        padding: 1,
      });
      const x = tensor([1, 50, 3, 64]);
      rmsNormRope([{ x, weight: tensor([64]) }], {
        cos: angles,
        sin: angles,
        eps: 1e-6,
      });
      permute(x, [0, 2, 1, 3]);
      const row = tensor([1, 64]);
      layerNormModulate(tensor([1, 70, 64]), { shift: row, scale: row });
    });
  }
}

for (const kind of ["cpu", "webgpu"] as const) {
  const missing = kind === "webgpu" && testAdapter === undefined;
  Deno.test({
    name: `openDryDevice() counts what the device holds [${kind}]${
      missing ? NO_ADAPTER : ""
    }`,
    ignore: missing,
    async fn() {
      const counted = [];
      for (const open of [openDevice, openDryDevice]) {
        using device = await open(kind, { threads: 2, maxBytes: 2 ** 20 });
        work(device);
        await device.sync();
        counted.push({ name: device.name, ...device.memory });
      }
      assert.ok(counted[0]!.peakBytes > 100_000);
      assert.deepEqual(counted[1], counted[0]);
    },
  });
}

Deno.test("openDryDevice() counts without memory", async () => {
  using device = await openDryDevice("cpu", { threads: 1 });
  using _ = new Tensor(device, [2 ** 40]);
  assert.ok(device.memory.heldBytes > 2 ** 42);
});

Deno.test("openDryDevice() begins to look for the peak anew", async () => {
  using device = await openDryDevice("cpu", { threads: 1 });
  new Tensor(device, [1000]).dispose();
  using _ = new Tensor(device, [100]);
  assert.equal(device.memory.peakBytes, 4000);
  device.resetPeak();
  assert.equal(device.memory.peakBytes, 400);
});

Deno.test("openDryDevice() gives zeros back", async () => {
  using device = await openDryDevice("cpu", { threads: 1 });
  using x = Tensor.from(device, [1, 2, 3]);
  assert.deepEqual(await x.data(), new Float32Array(3));
});
