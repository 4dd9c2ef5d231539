import { selectFiles } from "@edit-transfer/hub";
import assert from "node:assert/strict";

const fits = (text: string, pattern: string) =>
  selectFiles([text], [pattern]).length === 1;

Deno.test("selectFiles() takes what a pattern fits whole", () => {
  for (
    const [text, pattern] of [
      ["a/b.json", "*"],
      ["a/b.json", "*.json"],
      ["a/b.json", "a/*"],
      ["a/b.json", "a?b.j*n"],
      ["abab", "*ab"],
      ["aab", "a*ab"],
      ["a", "a**"],
      ["a+b(c)", "a+b(c)"],
      ["a\nb", "a*b"],
      ["", "*"],
    ] as const
  ) assert.ok(fits(text, pattern), `${text} ${pattern}`);
  for (
    const [text, pattern] of [
      ["a/b.json", "b.json"],
      ["a/b.json", "*.jso"],
      ["a", "a?"],
      ["a", ""],
      ["axb", "a.b"],
      ["ab", "a*c"],
      ["a", "A"],
    ] as const
  ) assert.ok(!fits(text, pattern), `${text} ${pattern}`);
});

Deno.test("selectFiles() is quick on names made to be slow", () => {
  const start = performance.now();
  assert.ok(!fits("a".repeat(5000), "*a*a*a*a*a*a*b"));
  assert.ok(performance.now() - start < 1000);
});

Deno.test("selectFiles() takes a model of transformers once", () => {
  const beside = ["README.md", "config.json", "merges.txt", "tokenizer.json"];
  const others = [
    "flax_model.msgpack",
    "model.fp16.safetensors",
    "open_clip_model.safetensors",
    "open_clip_pytorch_model.bin",
    "pytorch_model.bin",
    "tf_model.h5",
  ];
  const whole = ["model.safetensors"];
  const shards = [
    "model-00001-of-00002.safetensors",
    "model-00002-of-00002.safetensors",
    "model.safetensors.index.json",
  ];
  for (const weights of [whole, shards]) {
    assert.deepEqual(
      selectFiles([...beside, ...weights, ...others]),
      [...beside, ...weights],
    );
  }
  const lora = ["README.md", "lora.safetensors", "old/lora.bin"];
  assert.deepEqual(selectFiles(lora), lora);
  assert.deepEqual(selectFiles([...whole, ...others], ["*.h5"]), [
    "tf_model.h5",
  ]);
});
