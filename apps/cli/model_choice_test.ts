import assert from "node:assert/strict";
import { chooseModel, rechooseModel } from "./model_choice.ts";

const names = (flags: Parameters<typeof chooseModel>[0], ownLora = true) => {
  const { model, loras } = chooseModel(flags, { ownLora });
  return [model.name, ...loras.map(({ name, scale }) => `${name} ${scale}`)];
};

Deno.test("the embedded model brings its own LoRA to edits unless told otherwise", () => {
  assert.deepEqual(names({}), ["embedded", "embedded 1"]);
  assert.deepEqual(names({}, false), ["embedded"]);
  assert.deepEqual(names({ lora: false }), ["embedded"]);
  assert.deepEqual(names({ lora: ["a"] }), ["embedded", "a 1"]);
});

Deno.test("another model has no LoRA unless one is named", () => {
  assert.deepEqual(names({ model: "flux" }), ["flux"]);
  assert.deepEqual(names({ model: "flux", lora: ["a", "b"] }), [
    "flux",
    "a 1",
    "b 1",
  ]);
});

Deno.test("a number after a LoRA is its scale", () => {
  assert.deepEqual(names({ model: "m", lora: ["a", "0.5", "b", "c", "-2"] }), [
    "m",
    "a 0.5",
    "b 1",
    "c -2",
  ]);
  for (const lora of [["0.5"], ["a", "1", "2"]]) {
    assert.throws(() => names({ lora }), /a scale must follow a file/);
  }
});

Deno.test("a LoRA that is named goes onto the model of the earlier run", () => {
  const record = {
    model: { path: "flux", sha256: "" },
    loras: [{ path: "old.safetensors", sha256: "", scale: 0.5 }],
  };
  const choose = (flags: Parameters<typeof rechooseModel>[0]) => {
    const { model, loras } = rechooseModel(flags, { record, ownLora: true });
    return [model.path, loras.map(({ path, scale }) => [path, scale])];
  };
  assert.deepEqual(choose({}), ["flux", [["old.safetensors", 0.5]]]);
  assert.deepEqual(choose({ lora: ["new.safetensors"] }), [
    "flux",
    [["new.safetensors", 1]],
  ]);
  assert.deepEqual(choose({ lora: false }), ["flux", []]);
  assert.deepEqual(choose({ model: "other" }), ["other", []]);
});
