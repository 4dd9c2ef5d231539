import assert from "node:assert/strict";
import { fuzzIndex, fuzzSafetensors } from "./_fuzz.ts";
import { fuzzGguf } from "./_fuzz_gguf.ts";
import { fuzzWidened } from "./_fuzz_widened.ts";
import { testFolder } from "@edit-transfer/testing";

Deno.test("2,000 mutations of a file end in an error or a sound read", async () => {
  await using folder = await testFolder();
  const path = folder.at("a.safetensors");
  const counts = await fuzzSafetensors({ seed: 1, runs: 2000, path });

  assert.ok(counts.refused > 1000 && counts.accepted > 10);
  assert.equal(({} as Record<string, unknown>).dtype, undefined);
});

Deno.test("500 mutations of an index end in an error or a sound read", async () => {
  await using folder = await testFolder();
  const counts = await fuzzIndex({ seed: 1, runs: 500, at: folder.at });

  assert.ok(counts.refused > 200 && counts.accepted > 10);
});

Deno.test("2,000 mutations of a GGUF file end in an error or a sound read", async () => {
  await using folder = await testFolder();
  const path = folder.at("a.gguf");
  const counts = await fuzzGguf({ seed: 1, runs: 2000, path });

  assert.ok(counts.refused > 1000 && counts.accepted > 10);
  assert.equal(({} as Record<string, unknown>).type, undefined);
});

Deno.test("1,000 mutations of NF4, scaled fp8 and float64 end in an error or a sound read", async () => {
  await using folder = await testFolder();
  const path = folder.at("a.safetensors");
  const counts = await fuzzWidened({ seed: 1, runs: 1000, path });

  assert.ok(counts.refused > 500 && counts.accepted > 10);
  assert.equal(({} as Record<string, unknown>).shape, undefined);
});
