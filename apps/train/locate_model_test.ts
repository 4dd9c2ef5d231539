import { testFolder } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import process from "node:process";
import { locateModel } from "./locate_model.ts";
import { parseConfig } from "./parse_config.ts";
import { resolveConfig } from "./resolve_config.ts";

const REFERENCE = new URL("../../configs/reference.yaml", import.meta.url);
const COMMIT = "0123456789".repeat(4);

Deno.test("the reference's config finds the model that pull has put into the cache", async () => {
  await using folder = await testFolder();
  const text = await readFile(REFERENCE, "utf8");
  const { config } = resolveConfig(parseConfig(text, { path: "a.yaml" }));
  const before = process.env.HF_HUB_CACHE;
  process.env.HF_HUB_CACHE = folder.at(".");
  try {
    await assert.rejects(locateModel(config), {
      name: "HubError",
      message:
        `Model not found: "black-forest-labs/FLUX.1-dev" (main) in the cache "${
          folder.at(".")
        }"; edit-transfer pull black-forest-labs/FLUX.1-dev brings it`,
    });
    const repo = "models--black-forest-labs--FLUX.1-dev";
    const snapshot = folder.at(`${repo}/snapshots/${COMMIT}`);
    await mkdir(snapshot, { recursive: true });
    await mkdir(folder.at(`${repo}/refs`));
    await writeFile(folder.at(`${repo}/refs/main`), COMMIT);
    await writeFile(`${snapshot}/model_index.json`, "{}");
    const { model, modelName } = await locateModel(config);
    assert.equal(model, snapshot);
    assert.equal(modelName, "black-forest-labs/FLUX.1-dev");
  } finally {
    if (before === undefined) delete process.env.HF_HUB_CACHE;
    else process.env.HF_HUB_CACHE = before;
  }
});

Deno.test("a path stays what it is", async () => {
  const text = await readFile(REFERENCE, "utf8");
  const set = ["model.name_or_path=../FLUX.1-dev"];
  const { config } = resolveConfig(parseConfig(text, { path: "a.yaml", set }));
  assert.deepEqual(await locateModel(config), config);
});
