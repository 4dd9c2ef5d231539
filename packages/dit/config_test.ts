import assert from "node:assert/strict";
import { FLUX_DEV } from "./_test_flux_dev.ts";
import { parseFluxConfig } from "./config.ts";

Deno.test("parseFluxConfig() reads the config of FLUX.1-dev", () => {
  assert.deepEqual(parseFluxConfig(FLUX_DEV, "config.json"), {
    inChannels: 64,
    outChannels: 64,
    numLayers: 19,
    numSingleLayers: 38,
    attentionHeadDim: 128,
    numAttentionHeads: 24,
    hiddenSize: 3072,
    jointAttentionDim: 4096,
    pooledProjectionDim: 768,
    guidanceEmbeds: true,
    axesDimsRope: [16, 56, 56],
  });
});

Deno.test("parseFluxConfig() says what does not fit", async (t) => {
  const cases: [string, unknown, string][] = [
    ["no object", [1], "a config must be an object: got [1]"],
    [
      "another architecture",
      { ...FLUX_DEV, _class_name: "SD3Transformer2DModel" },
      "the architecture must be FluxTransformer2DModel: got SD3Transformer2DModel",
    ],
    [
      "a missing field",
      { ...FLUX_DEV, num_layers: undefined },
      '"num_layers" must be an integer from 0 to 1024: got nothing',
    ],
    [
      "a wrong type",
      { ...FLUX_DEV, in_channels: "64" },
      '"in_channels" must be an integer from 1 to 65536: got "64"',
    ],
    [
      "layers that no memory holds",
      { ...FLUX_DEV, num_layers: 1e9 },
      '"num_layers" must be an integer from 0 to 1024: got 1000000000',
    ],
    [
      "heads that no memory holds",
      { ...FLUX_DEV, num_attention_heads: 1000 },
      '"num_attention_heads" must be at most 65536 channels with heads of 128: got 1000',
    ],
    [
      "a patch size",
      { ...FLUX_DEV, patch_size: 2 },
      '"patch_size" must be 1: got 2',
    ],
    [
      "axes that do not fill the head",
      { ...FLUX_DEV, attention_head_dim: 64, axes_dims_rope: [16, 56, 56] },
      '"axes_dims_rope" must add up to attention_head_dim 64: got [16,56,56]',
    ],
    [
      "an odd axis",
      { ...FLUX_DEV, axes_dims_rope: [15, 57, 56] },
      '"axes_dims_rope.0" must be an even number >= 2: got 15',
    ],
  ];
  for (const [name, json, rule] of cases) {
    await t.step(name, () => {
      assert.throws(() => parseFluxConfig(json, "t/config.json"), {
        name: "FormatError",
        message: `Cannot read "t/config.json" as ${rule}`,
      });
    });
  }
});
