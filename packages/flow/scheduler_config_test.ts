import { parseSchedulerConfig } from "@edit-transfer/flow";
import assert from "node:assert/strict";

Deno.test("parseSchedulerConfig() reads the config of FLUX.1-dev", () => {
  assert.deepEqual(
    parseSchedulerConfig({
      _class_name: "FlowMatchEulerDiscreteScheduler",
      _diffusers_version: "0.30.0.dev0",
      base_image_seq_len: 256,
      base_shift: 0.5,
      max_image_seq_len: 4096,
      max_shift: 1.15,
      num_train_timesteps: 1000,
      shift: 3.0,
      use_dynamic_shifting: true,
    }),
    {
      shift: 3,
      useDynamicShifting: true,
      baseShift: 0.5,
      maxShift: 1.15,
      baseImageSeqLen: 256,
      maxImageSeqLen: 4096,
    },
  );
});

Deno.test("parseSchedulerConfig() refuses another scheduler by name", () => {
  assert.throws(
    () => parseSchedulerConfig({ _class_name: "DDIMScheduler" }, "a.json"),
    /^SyntaxError: Cannot read a.json as "_class_name" does not fit a FlowMatchEulerDiscreteScheduler: /,
  );
});

for (
  const json of [
    null,
    [],
    "x",
    { shift: 0 },
    { shift: "3" },
    { use_karras_sigmas: true },
    { shift_terminal: 0.02 },
    { time_shift_type: "linear" },
  ]
) {
  Deno.test(`parseSchedulerConfig() refuses ${JSON.stringify(json)}`, () => {
    assert.throws(() => parseSchedulerConfig(json), SyntaxError);
  });
}
