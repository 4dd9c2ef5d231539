import assert from "node:assert/strict";
import { pathEnd, pythonPattern } from "./_python_pattern.ts";

const place = { path: "a.safetensors", where: "the config" };

// what re.match(rf"(.*\.)?({key})$", path) of Python 3.11 says
Deno.test("pathEnd() matches as PEFT does", async () => {
  const double = "transformer_blocks.0.attn.to_q";
  const single = "single_transformer_blocks.0.attn.to_q";
  for (
    const [key, ...matched] of [
      ["to_q", double, single],
      [double, double],
      [`^${double}`, double],
      ["^single.*", single],
      ["attn.to_q", double, single],
      ["attn.to_(q|k)", double, single],
      ["transformer_blocks\\.\\d+\\.attn\\.to_q", double],
      ["transformer_blocks.1.attn.to_q"],
      ["o_q"],
      ["^to_q"],
      [".*to_q", double, single],
      ["to.q", double, single],
      ["(?P<any>.*)", double, single],
      [`${double}|k`, double],
      ["[", "error"],
    ] as const
  ) {
    const test = pathEnd(key, place);
    if (matched[0] === "error") {
      await assert.rejects(test, {
        name: "LoraError",
        message:
          'Cannot read the config as a pattern must be a regular expression without lookarounds: got "["',
      });
      continue;
    }
    const pattern = await test;
    assert.deepEqual([double, single].filter(pattern), matched, key);
  }
});

Deno.test("pathEnd() takes no longer for a pattern that is made to", async () => {
  const pattern = await pathEnd("(a+)+", place);
  const start = performance.now();
  assert.equal(pattern(`${"a".repeat(200)}!`), false);
  assert.ok(performance.now() - start < 1000);
});

Deno.test("pythonPattern() matches all of a text, without lookarounds", async () => {
  const pattern = await pythonPattern(".*\\.to_[qk]", place);
  assert.ok(pattern("attn.to_q"));
  assert.ok(!pattern("attn.to_q.0"));
  await assert.rejects(pythonPattern("(?!x)y", place), {
    message:
      'Cannot read the config as a pattern must be a regular expression without lookarounds: got "(?!x)y"',
  });
});
