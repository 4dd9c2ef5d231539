import assert from "node:assert/strict";
import { create } from "webgpu";
import { gpuTest } from "../../packages/tensor/webgpu/_test_device.ts";
import { ceilings } from "./ceilings.ts";
import { matrixWgsl } from "./matrix_wgsl.ts";

Deno.test("matrixWgsl() is valid for every kind of unit, without any adapter", async () => {
  const nowhere = create([
    "backend=null",
    "enable-dawn-features=allow_unsafe_apis",
  ]) as unknown as GPU;
  const adapter = (await nowhere.requestAdapter())!;
  const device = await adapter.requestDevice({
    requiredFeatures: [
      "shader-f16",
      "subgroups",
      "chromium-experimental-subgroup-matrix",
    ] as GPUFeatureName[],
  });
  for (const [type, side] of [["f16", 16], ["f32", 8]] as const) {
    const code = matrixWgsl({ type, M: side, N: side, K: side }, 32);
    const module = device.createShaderModule({ code });
    const { messages } = await module.getCompilationInfo();
    assert.deepEqual(messages.map(({ message }) => message), []);
  }
  device.destroy();
});

gpuTest("ceilings() measures memory and registers", {}, async (device) => {
  const found = await ceilings(device);
  assert.ok(found.length >= 2);
  for (const { name, rate } of found) {
    assert.ok(rate > 0.1 && rate < 1e7, `${name}: ${rate}`);
  }
});
