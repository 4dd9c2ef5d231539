import { FormatError } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readModelSettings, writeModelSettings } from "./model_settings.ts";

async function inFolder(body: (folder: string) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), "settings-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

Deno.test("settings are kept in model_index.json, whose other keys stay", () =>
  inFolder(async (folder) => {
    const path = join(folder, "model_index.json");
    const index = { _class_name: "FluxPipeline", vae: ["diffusers", "X"] };
    await writeFile(
      path,
      JSON.stringify({ ...index, _edit_transfer: { other: 9 } }),
    );
    const settings = {
      template: "a {edit}",
      lora: "a/b",
      steps: 8,
      conditions: "kept" as const,
      conditionSigma: 0.5,
      knows: undefined,
      sizes: undefined,
    };
    await writeModelSettings(folder, settings);
    assert.deepEqual(await readModelSettings(folder), settings);
    await writeModelSettings(folder, { template: "the {edit}" });
    assert.deepEqual(JSON.parse(await readFile(path, "utf8")), {
      ...index,
      _edit_transfer: { other: 9, template: "the {edit}" },
    });
  }));

Deno.test("settings of a folder of single files are a file of their own", () =>
  inFolder(async (folder) => {
    assert.deepEqual(await readModelSettings(folder), {});
    await writeModelSettings(folder, { template: "a {edit}" });
    const text = await readFile(join(folder, "edit_transfer.json"), "utf8");
    assert.deepEqual(JSON.parse(text), { template: "a {edit}" });
  }));

Deno.test("readModelSettings() refuses what no edit could use", () =>
  inFolder(async (folder) => {
    const path = join(folder, "edit_transfer.json");
    for (
      const [json, rule] of [
        ["[]", "_edit_transfer must be an object"],
        ['{"template":"a person"}', "template must be a text with {edit}"],
        ['{"lora":"../a"}', "lora must be a path below the folder"],
        ['{"lora":"/a"}', "lora must be a path below the folder"],
        ['{"lora":1}', "lora must be a path below the folder"],
        ['{"steps":0}', "steps must be an integer from 1 to 100000"],
        ['{"steps":"8"}', "steps must be an integer from 1 to 100000"],
        ['{"conditions":"frozen"}', 'conditions must be "joint" or "kept"'],
        ['{"conditionSigma":2}', "conditionSigma must be a number of 0 to 1"],
        ['{"sizes":{"panel":[64,64]}}', "sizes must be panel and picture"],
        [
          '{"sizes":{"panel":[64,32],"picture":[64,64]}}',
          "each [least, most] in pixels",
        ],
      ] as const
    ) {
      await writeFile(path, json);
      await assert.rejects(readModelSettings(folder), (error: Error) => {
        assert.ok(error instanceof FormatError);
        assert.ok(error.message.includes(rule), error.message);
        return true;
      });
    }
  }));
