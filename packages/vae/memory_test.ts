import { dryDevice, Tensor } from "@edit-transfer/tensor";
import assert from "node:assert/strict";
import { dryReader } from "../tensor/_test_dry_reader.ts";
import { AutoencoderKl } from "./autoencoder_kl.ts";
import { parseVaeConfig } from "./config.ts";

const FLUX_DEV = parseVaeConfig({
  block_out_channels: [128, 256, 512, 512],
  latent_channels: 16,
  layers_per_block: 2,
  scaling_factor: 0.3611,
  use_quant_conv: false,
  use_post_quant_conv: false,
}, "vae/config.json");

/** Bytes of 512×512 pixels with the 128 channels of the highest level. */
const PANEL = 4 * 512 * 512 * 128;

Deno.test("AutoencoderKl has the parameters of FLUX.1-dev and frees them", async () => {
  const device = dryDevice();
  const model = await AutoencoderKl.load(dryReader(device), FLUX_DEV);
  assert.equal(device.memory.tensors, 244);
  assert.equal(device.memory.bytes / 4, 83_819_683);
  model[Symbol.dispose]();
  assert.equal(device.memory.tensors, 0);
});

Deno.test("AutoencoderKl#encode() holds the widest image 4 times at most", async () => {
  const device = dryDevice();
  using model = await AutoencoderKl.load(dryReader(device), FLUX_DEV);
  const before = device.memory.bytes;
  using pixels = new Tensor(device, [1, 512, 512, 3]);
  using mode = model.encode(pixels);
  assert.deepEqual(mode.shape, [1, 64, 64, 16]);
  const peak = (device.memory.peakBytes - before) / PANEL;
  // input, normed, convolved; the pixels are small beside them
  assert.ok(peak < 4.1, `got ${peak}`);
});

Deno.test("AutoencoderKl#decode() holds the widest image 5 times at most", async () => {
  const device = dryDevice();
  using model = await AutoencoderKl.load(dryReader(device), FLUX_DEV);
  const before = device.memory.bytes;
  using latents = new Tensor(device, [1, 64, 64, 16]);
  using image = model.decode(latents);
  assert.deepEqual(image.shape, [1, 512, 512, 3]);
  const peak = (device.memory.peakBytes - before) / PANEL;
  // input and normed of 256 channels, convolved of 128
  assert.ok(peak < 5.1, `got ${peak}`);
});
