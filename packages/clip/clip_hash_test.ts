import { testFolder } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { appendFile, cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { goldenFolder } from "./_test_golden.ts";
import { openClipFolder } from "./clip_folder.ts";
import { clipHash } from "./clip_hash.ts";

Deno.test("clipHash() is of all that decides features, and of nothing else", async () => {
  await using root = await testFolder();
  const folder = root.at("model");
  const hashOf = async (path: string) => {
    await using opened = await openClipFolder(path);
    return await clipHash(opened);
  };
  const before = await hashOf(goldenFolder("vit_h"));
  await cp(goldenFolder("vit_h"), folder, { recursive: true });
  await writeFile(join(folder, "README.md"), "notes");
  assert.equal(await hashOf(folder), before);
  const seen = new Set([before]);
  const files = [
    "config.json",
    "model.safetensors.index.json",
    "preprocessor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
  ];
  for (const file of files) {
    await appendFile(join(folder, file), "\n");
    seen.add(await hashOf(folder));
  }
  assert.equal(seen.size, 1 + files.length);
});
