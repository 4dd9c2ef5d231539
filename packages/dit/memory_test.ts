import { dryDevice, Tensor } from "@edit-transfer/tensor";
import assert from "node:assert/strict";
import { dryReader } from "../tensor/_test_dry_reader.ts";
import { FLUX_DEV } from "./_test_flux_dev.ts";
import { parseFluxConfig } from "./config.ts";
import { FluxTransformer } from "./flux_transformer.ts";

const CONFIG = parseFluxConfig(FLUX_DEV, "config.json");

Deno.test("FluxTransformer has the parameters of FLUX.1-dev and frees them", async () => {
  const device = dryDevice();
  const model = await FluxTransformer.load(dryReader(device), CONFIG);
  assert.equal(device.memory.tensors, 1160);
  assert.equal(device.memory.bytes / 4, 11_901_408_320);
  model[Symbol.dispose]();
  assert.equal(device.memory.tensors, 0);
});

Deno.test("FluxTransformer#linears() has the 494 layers of a FLUX.1-dev LoRA, and 10 besides its blocks", async () => {
  const device = dryDevice();
  using model = await FluxTransformer.load(dryReader(device), CONFIG);
  const linears = model.linears();
  assert.equal(linears.size, 494 + 10);
  const rank = 16;
  let parameters = 0;
  for (const [path, { weight: { shape: [out, input] } }] of linears) {
    if (!path.includes("transformer_blocks.")) continue;
    parameters += rank * (out! + input!);
  }
  assert.equal(parameters, 85_917_696);
});

Deno.test("FluxTransformer#forward() holds one block at a time", async () => {
  const device = dryDevice();
  using model = await FluxTransformer.load(dryReader(device), CONFIG);
  const [T, I, C] = [512, 4096, 3072];
  using img = new Tensor(device, [1, I, 64]);
  using txt = new Tensor(device, [1, T, 4096]);
  using pooled = new Tensor(device, [1, 768]);
  const before = device.memory.bytes;
  using _ = model.forward({
    img,
    txt,
    pooled,
    timestep: 1,
    guidance: 1,
    imgIds: Array.from({ length: I }, (_, i) => [0, i >> 6, i & 63]),
    txtIds: Array(T).fill([0, 0, 0]),
  });
  const sequence = 4 * (T + I) * C;
  const peak = (device.memory.peakBytes - before) / sequence;
  // one MLP of 2 × 4 C, or what attention needs
  assert.ok(peak < 16, `got ${peak} times [T + I, C]`);
});
