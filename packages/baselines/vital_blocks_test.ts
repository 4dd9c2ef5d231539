import { parseFluxConfig } from "@edit-transfer/dit";
import assert from "node:assert/strict";
import { knownVitalBlocks } from "./vital_blocks.ts";

const config = (num_layers: number, num_single_layers: number) =>
  parseFluxConfig({
    in_channels: 64,
    num_layers,
    num_single_layers,
    attention_head_dim: 128,
    num_attention_heads: 24,
    joint_attention_dim: 4096,
    pooled_projection_dim: 768,
  }, "config.json");

Deno.test("vital blocks of FLUX.1 are those of Stable Flow's program", () => {
  const vital = knownVitalBlocks(config(19, 38));
  assert.deepEqual(vital.filter((i) => i < 19), [0, 1, 17, 18]);
  const single = vital.filter((i) => i >= 19).map((i) => i - 19);
  assert.deepEqual(single, [6, 9, 34, 35, 37]);
});

Deno.test("vital blocks of another model are to be measured", () => {
  assert.throws(() => knownVitalBlocks(config(5, 20)), {
    message:
      "Cannot run stable-flow as the vital blocks of a model with 5 double and 20 single blocks are not known: measure them with tools/vital_blocks.ts, and give them as blocks=…",
  });
});
