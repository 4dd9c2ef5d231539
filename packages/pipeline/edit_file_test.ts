import { decodeImage } from "@edit-transfer/image";
import {
  type EditFacts,
  loadPipeline,
  openEditFile,
  type Pipeline,
  prepareEdit,
  prepareQuery,
  writeEditFile,
} from "@edit-transfer/pipeline";
import { openDevice } from "@edit-transfer/tensor";
import { testFolder } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { NO_ADAPTER, testAdapter } from "../tensor/_test_adapter.ts";

const MICRO = fileURLToPath(new URL("../../models/micro", import.meta.url));
const DEMO = fileURLToPath(
  new URL("../../fixtures/demo/0000", import.meta.url),
);
const LORA = join(MICRO, "lora", "edit_transfer.safetensors");
const picture = (name: string) => decodeImage(join(DEMO, `${name}.png`));
const FACTS: EditFacts = {
  version: 1,
  model: "0".repeat(64),
  loras: [{ sha256: "1".repeat(64), scale: 1 }],
  prompt: "four panels",
  edit: "jumping",
  before: "2".repeat(64),
  after: "3".repeat(64),
  panelSize: 64,
  fit: "crop",
  sigma: 1,
};

for (const kind of ["cpu", "webgpu"] as const) {
  const missing = kind === "webgpu" && testAdapter === undefined;
  Deno.test({
    name:
      `an edit from a file gives the bytes of the edit that wrote it [${kind}]${
        missing ? NO_ADAPTER : ""
      }`,
    ignore: missing,
    fn: () =>
      withFolder(async (folder) => {
        using device = await openDevice(kind);
        const loras = [{ path: LORA }];
        const path = join(folder, "jump.edit");
        const query = await picture("query");
        const options = { steps: 2 };
        let expected;
        {
          await using pipeline = await loadPipeline(MICRO, { device, loras });
          using prepared = await prepareEdit(pipeline, {
            before: await picture("source"),
            after: await picture("edited"),
            query,
            edit: "jumping",
          });
          await writeEditFile(path, await prepared.keep(), FACTS);
          expected = await prepared.runSeeds([3, 4], {
            ...options,
            conditions: "kept",
          });
        }
        assert.equal(device.memory.tensors, 0);
        assert.ok((await stat(path)).size < 3e6);
        const parts = new Set<string>();
        {
          await using pipeline = await loadPipeline(MICRO, {
            device,
            loras,
            onPart: (part) => parts.add(part),
          });
          await using file = await openEditFile(path);
          assert.deepEqual(file.facts, FACTS);
          using edit = await file.load(pipeline);
          using prepared = await prepareQuery(pipeline, edit, { image: query });
          const results = await prepared.runSeeds([3, 4], options);
          assert.deepEqual(
            results.map(({ image }) => image),
            expected.map(({ image }) => image),
          );
          assert.deepEqual(results[0]!.latents, expected[0]!.latents);
        }
        assert.deepEqual([...parts].sort(), ["transformer", "vae"]);
        assert.equal(device.memory.tensors, 0);
      }),
  });
}

Deno.test("an edit file of which a byte changed is refused, wherever it is", () =>
  withFolder(async (folder) => {
    using device = await openDevice("cpu", { threads: 1 });
    const path = join(folder, "a.edit");
    await using pipeline = await loadPipeline(MICRO, { device });
    await save(pipeline, path);
    const bytes = await readFile(path);
    const length = bytes.length;
    const header = 8 + Number(bytes.readBigUInt64LE(0));
    const places = [9, 40, 200, header - 40, header, header + 99, length - 1];
    for (const at of [...places, length >> 1]) {
      const changed = Uint8Array.from(bytes);
      changed[at]! ^= 1;
      await writeFile(path, changed);
      await assert.rejects(async () => {
        await using file = await openEditFile(path);
        using _ = await file.load(pipeline);
      }, `byte ${at}`);
    }
    await writeFile(path, bytes.subarray(0, -1));
    await assert.rejects(openEditFile(path));
    await assert.rejects(openEditFile(LORA), {
      message:
        `Cannot use "${LORA}" as an edit as it must be written by "edit --save-edit": got another file`,
    });
  }));

async function save(pipeline: Pipeline, path: string): Promise<void> {
  const image = await picture("source");
  const inputs = { before: image, after: image, query: image };
  using prepared = await prepareEdit(pipeline, inputs);
  await writeEditFile(path, await prepared.keep(), FACTS);
}

async function withFolder(
  body: (folder: string) => Promise<void>,
): Promise<void> {
  await using folder = await testFolder();
  await body(folder.at(""));
}
