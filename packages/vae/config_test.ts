import assert from "node:assert/strict";
import { parseVaeConfig } from "./config.ts";

const FLUX_DEV = {
  _class_name: "AutoencoderKL",
  block_out_channels: [128, 256, 512, 512],
  down_block_types: Array(4).fill("DownEncoderBlock2D"),
  up_block_types: Array(4).fill("UpDecoderBlock2D"),
  force_upcast: true,
  latent_channels: 16,
  latents_mean: null,
  layers_per_block: 2,
  norm_num_groups: 32,
  sample_size: 1024,
  scaling_factor: 0.3611,
  shift_factor: 0.1159,
  use_quant_conv: false,
  use_post_quant_conv: false,
};

Deno.test("parseVaeConfig() reads the config of FLUX.1-dev", () => {
  assert.deepEqual(parseVaeConfig(FLUX_DEV, "config.json"), {
    blockOutChannels: [128, 256, 512, 512],
    layersPerBlock: 2,
    latentChannels: 16,
    normNumGroups: 32,
    midBlockAddAttention: true,
    useQuantConv: false,
    usePostQuantConv: false,
    sampleSize: 1024,
    scalingFactor: 0.3611,
    shiftFactor: 0.1159,
    downscale: 8,
  });
});

Deno.test("parseVaeConfig() takes a missing shift as 0", () => {
  const { shiftFactor } = parseVaeConfig(
    { ...FLUX_DEV, shift_factor: null },
    "config.json",
  );
  assert.equal(shiftFactor, 0);
});

Deno.test("parseVaeConfig() says what does not fit", async (t) => {
  const cases: [string, unknown, string][] = [
    [
      "another architecture",
      { ...FLUX_DEV, _class_name: "AsymmetricAutoencoderKL" },
      "the architecture must be AutoencoderKL: got AsymmetricAutoencoderKL",
    ],
    [
      "another block",
      { ...FLUX_DEV, up_block_types: ["AttnUpDecoderBlock2D"] },
      '"up_block_types.0" must be "UpDecoderBlock2D": got "AttnUpDecoderBlock2D"',
    ],
    [
      "groups that do not divide",
      { ...FLUX_DEV, norm_num_groups: 24 },
      '"block_out_channels" must be multiples of norm_num_groups 24: got [128,256,512,512]',
    ],
    [
      "a missing factor",
      { ...FLUX_DEV, scaling_factor: undefined },
      '"scaling_factor" must be a number above 0, at most 1000000: got nothing',
    ],
    [
      "no levels",
      { ...FLUX_DEV, block_out_channels: [] },
      '"block_out_channels" must be a list of 1 to 8 integers: got []',
    ],
  ];
  for (const [name, json, rule] of cases) {
    await t.step(name, () => {
      assert.throws(() => parseVaeConfig(json, "vae/config.json"), {
        name: "FormatError",
        message: `Cannot read "vae/config.json" as ${rule}`,
      });
    });
  }
});
