import assert from "node:assert/strict";
import { chooseModel } from "./model_choice.ts";

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
