import {
  describeLayer,
  LoraError,
  type LoraFile,
  loraPart,
  matchLora,
  mergeLora,
  readLora,
  requireMatch,
  saveLora,
} from "@edit-transfer/lora";
import { openDevice } from "@edit-transfer/tensor";
import { assertRelative, readGolden } from "@edit-transfer/testing";
import { openSafetensors } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { forEachDevice } from "../tensor/_test_devices.ts";
import { fuzzStyles } from "./_fuzz_styles.ts";
import { testFolder } from "./_test_lora.ts";
import { REFUSALS } from "./_test_refusals.ts";
import { STYLE_CASES, styleFile, styleModels } from "./_test_styles.ts";

/** f32 sums in another order, through four blocks; two layers of a text encoder. */
const LIMITS = { cpu: 2e-6, webgpu: 5e-6, text: 1e-5 };

const { arrays } = readGolden("lora_styles/outputs");
const APPLIED = STYLE_CASES.filter(({ name }) => REFUSALS[name] === undefined);

forEachDevice(
  "a LoRA of every style gives what its definition gives",
  async (device) => {
    using models = await styleModels(device);
    assert.ok(APPLIED.length >= 75, `${APPLIED.length}`);
    for (const style of APPLIED) {
      const file = await readLora(styleFile(style));
      const outputs = await models.outputs(file);
      let compared = 0;
      for (const [key, values] of Object.entries(outputs)) {
        const wanted = arrays[`${style.name}.${key}`];
        if (wanted === undefined) continue;
        compared++;
        const limit = LIMITS[key === "velocity" ? device.kind : "text"];
        assertRelative(values, wanted, limit);
      }
      assert.ok(compared > 0, style.name);
    }
  },
);

Deno.test("what is refused is named for what it is", async () => {
  using device = await openDevice("cpu", { threads: 1 });
  using models = await styleModels(device);
  for (const style of STYLE_CASES) {
    const message = REFUSALS[style.name];
    if (message === undefined) continue;
    await assert.rejects(
      async () => await models.outputs(await readLora(styleFile(style))),
      (error: unknown) => {
        assert.ok(error instanceof LoraError, style.name);
        assert.equal(error.message, message);
        return true;
      },
    );
  }
  assert.equal(
    Object.keys(REFUSALS).length,
    STYLE_CASES.length - APPLIED.length,
  );
});

Deno.test("what the model lacks may be left out", async () => {
  using device = await openDevice("cpu", { threads: 1 });
  using models = await styleModels(device);
  for (
    const name of [
      "far_block",
      "unknown_module",
      "sdxl_te2",
      "modules_to_save",
      "position",
    ]
  ) {
    const style = STYLE_CASES.find((style) => style.name === name)!;
    const file = await readLora(styleFile(style));
    const outputs = await models.outputs(file, { allowUnmatched: true });
    assert.ok(Array.from(outputs.velocity!).every(Number.isFinite));
    const { unmatched } = matchLora(models.shapes, file);
    assert.equal(unmatched.length, 1, name);
  }
});

/** Applies a file through its merge into weights, and through a converted file. */
async function readAgain(
  file: LoraFile,
  style: "peft" | "kohya" | "bfl",
): Promise<LoraFile> {
  await using folder = await testFolder();
  const path = folder.at(`${style}.safetensors`);
  await saveLora(path, file, { style });
  await using source = await openSafetensors(path);
  return await readLora(source);
}

/** Whole factors, magnitudes and biases of modules that another style splits. */
const CANNOT_CARRY: readonly string[] = [
  "peft_dora bfl",
  "peft_dora_weight bfl",
  "peft_lokr bfl",
  "peft_loha bfl",
  "peft_norms kohya",
  "lokr peft",
  "lokr_w2 peft",
  "lokr_w1_w2 peft",
  "lokr_outer peft",
  "lokr_simpletuner bfl",
  "lokr_aitoolkit peft",
  "loha_wide bfl",
  "dora_in_fused peft",
  "lokr_dora peft",
  "bfl_control kohya",
];

Deno.test("every style converts to those that can carry it", async () => {
  using device = await openDevice("cpu", { threads: 1 });
  using models = await styleModels(device);
  const refused: string[] = [];
  for (const style of APPLIED) {
    const file = await readLora(styleFile(style));
    for (const to of ["peft", "kohya", "bfl"] as const) {
      let again: LoraFile;
      try {
        again = await readAgain(file, to);
      } catch (error) {
        assert.ok(error instanceof LoraError, style.name);
        refused.push(`${style.name} ${to}`);
        continue;
      }
      const outputs = await models.outputs(again);
      for (const [key, values] of Object.entries(outputs)) {
        const wanted = arrays[`${style.name}.${key}`];
        if (wanted !== undefined) assertRelative(values, wanted, 2e-6);
      }
    }
  }
  assert.deepEqual(refused, CANNOT_CARRY);
});

Deno.test("a merge into the weights gives the same", async () => {
  using device = await openDevice("cpu", { threads: 1 });
  using models = await styleModels(device);
  await using folder = await testFolder();
  const output = folder.at("merged.safetensors");
  for (const style of APPLIED) {
    const file = await readLora(styleFile(style));
    for (const part of ["transformer", "text_encoder"] as const) {
      const key = part === "transformer" ? "velocity" : "clip";
      const wanted = arrays[`${style.name}.${key}`];
      const own = loraPart(file, part);
      if (wanted === undefined || own.layers.size === 0) continue;
      await mergeLora(models.weights[part], own, {
        output,
        allowUnmatched: true, // zeros of tables
      });
      await using merged = await openSafetensors(output);
      using changed = await styleModels(device, { [part]: merged });
      assertRelative((await changed.outputs())[key]!, wanted, 2e-6);
    }
  }
});

Deno.test("a match is the same for who inspects, merges and edits", async () => {
  using device = await openDevice("cpu", { threads: 1 });
  using models = await styleModels(device);
  for (const style of STYLE_CASES) {
    const file = await readLora(styleFile(style)).catch(() => undefined);
    if (file === undefined) continue; // none of them gets further
    const said = (verb: "attach" | "merge") => {
      try {
        const options = { file, verb, allowUnmatched: false };
        return requireMatch(models.shapes, options);
      } catch (error) {
        return (error as Error).message.replace(`Cannot ${verb}`, "Cannot");
      }
    };
    assert.deepEqual(said("attach"), said("merge"), style.name);
    const match = matchLora(models.shapes, file);
    const applies = typeof said("attach") !== "string";
    assert.equal(applies, match.unmatched.length === 0, style.name);
    for (const update of file.layers.values()) {
      assert.match(
        describeLayer(update).runs,
        /^(branch of rank \d+|whole branch|gain|bias|nothing)$/,
      );
    }
  }
});

Deno.test("mutated files end in an error of ours or in updates that fit", async () => {
  using device = await openDevice("cpu", { threads: 1 });
  using models = await styleModels(device);
  const { shapes } = models;
  const options = { seed: 1, runs: 400, shapes };
  const { sound, refused } = await fuzzStyles(STYLE_CASES, options);
  assert.ok(sound > 20 && refused > 100, `${sound} ${refused}`);
});
