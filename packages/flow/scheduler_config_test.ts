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
    {
      name: "FormatError",
      message:
        'Cannot read "a.json" as the architecture must be FlowMatchEulerDiscreteScheduler: got DDIMScheduler',
    },
  );
});

const REFUSED = [
  [{ shift: 0 }, '"shift" must be a number above 0, at most 1000: got 0'],
  [{ shift: "3" }, '"shift" must be a number above 0, at most 1000: got "3"'],
  [
    { use_karras_sigmas: true },
    '"use_karras_sigmas" must be off, as FLUX uses no such schedule: got true',
  ],
  [
    { shift_terminal: 0.02 },
    '"shift_terminal" must be off, as FLUX uses no such schedule: got 0.02',
  ],
  [
    { base_image_seq_len: 9, max_image_seq_len: 9 },
    '"max_image_seq_len" must differ from base_image_seq_len: got 9',
  ],
  [
    { time_shift_type: "linear" },
    '"time_shift_type" must be "exponential": got "linear"',
  ],
] as const;

for (const [json, fault] of REFUSED) {
  Deno.test(`parseSchedulerConfig() refuses ${JSON.stringify(json)}`, () => {
    assert.throws(() => parseSchedulerConfig(json, "a.json"), {
      name: "FormatError",
      message: `Cannot read "a.json" as ${fault}`,
    });
  });
}

for (const json of [null, [], "x", 3]) {
  Deno.test(`parseSchedulerConfig() refuses ${JSON.stringify(json)}`, () => {
    assert.throws(() => parseSchedulerConfig(json), { name: "FormatError" });
  });
}
