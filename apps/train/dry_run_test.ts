import assert from "node:assert/strict";
import { describePlan } from "./dry_run.ts";
import { parseConfig } from "./parse_config.ts";
import { resolveConfig } from "./resolve_config.ts";

const CONFIG = `
config:
  name: run
  process:
    - type: sd_trainer
      training_folder: out
      network: { linear: 2 }
      save: { save_every: 4 }
      datasets: [{ folder_path: data }]
      train: { steps: 100, lr: 1e-2, batch_size: 2 }
      model: { name_or_path: none }
`;

Deno.test("describePlan() tells parameters, data, steps and memory", () => {
  const { config } = resolveConfig(parseConfig(CONFIG, { path: "a.yaml" }));
  assert.equal(
    describePlan(config, {
      device: "test",
      baseParameters: 1_234_567,
      targets: 1,
      trainedParameters: 24_000,
      baseBytes: 4_900_000,
      loraBytes: 480_000,
      peakBytes: 7_480_000,
      panelSize: 8,
      tasks: 5,
      tokens: 96,
      flops: 2e9,
    }),
    `\
run     out/run
model   none: 1,234,567 parameters, on test
LoRA    1 layers, rank 2: 24,000 parameters
data    5 tasks of 4 × 8 × 8 pixels, 3 batches of 2 an epoch
steps   100 of 2 tasks, 33.3 epochs; a checkpoint every 4, the last 10 kept
time    about 1 min 12 s, 0.71 s a step at the 2 GFLOP/s that the device was measured at; validation and samples come on top
memory  at most 7.5 MB in an update: base model 4.9 MB, LoRA with gradient, moments and average 0.5 MB, activations 2.1 MB
disk    0.4 MB a checkpoint`,
  );
});
