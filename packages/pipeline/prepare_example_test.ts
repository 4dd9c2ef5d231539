import { crop, decodeImage, type Image, resize } from "@edit-transfer/image";
import {
  loadPipeline,
  prepareEdit,
  prepareExample,
} from "@edit-transfer/pipeline";
import { openDevice } from "@edit-transfer/tensor";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const path = (of: string) =>
  fileURLToPath(new URL(`../../${of}`, import.meta.url));
const picture = (name: string) =>
  decodeImage(path(`fixtures/demo/0000/${name}.png`));
const [before, after, query] = [
  await picture("source"),
  await picture("edited"),
  await picture("query"),
];
const MICRO = path("models/micro");
const LORAS = [{ path: `${MICRO}/lora/edit_transfer.safetensors` }];
const sizeOf = ({ width, height }: Image) => [width, height];

Deno.test("an example serves queries of any ratio, each answered at its size", async () => {
  using device = await openDevice("cpu");
  {
    await using pipeline = await loadPipeline(MICRO, { device, loras: LORAS });
    let last: Image | undefined;
    using example = await prepareExample(pipeline, { before, after });
    for (
      const [width, height, panel, conditions] of [
        [96, 64, [80, 48], "joint"],
        [20, 60, [32, 112], "kept"],
        [96, 64, [80, 48], "kept"],
      ] as const
    ) {
      const photo = await resize(query, { width, height });
      using prepared = await example.prepare(photo);
      for (const one of prepared.panels) assert.deepEqual(sizeOf(one), panel);
      const seen: number[][] = [];
      const [result] = await prepared.runSeeds([3], {
        steps: 1,
        conditions,
        onStep: async ({ preview }) => seen.push(sizeOf(await preview())),
      });
      assert.deepEqual(sizeOf(result!.image), [width, height]);
      assert.deepEqual(sizeOf(result!.panel), panel);
      assert.deepEqual(seen, [[width, height]]);
      assert.deepEqual(prepared.notices.slice(-1), [
        `The model was made for panels of 64 pixels a side, and draws poorly at ${
          panel.join(" x ")
        }; fit "whole" or "crop" keeps panels square`,
      ]);
      last = result!.image;
    }
    const photo = await resize(query, { width: 96, height: 64 });
    using alone = await prepareEdit(pipeline, { before, after, query: photo });
    const same = await alone.run({ seed: 3, steps: 1, conditions: "kept" });
    assert.deepEqual(same.image, last); // though another shape came between
  }
  assert.equal(device.memory.tensors, 0);
});

Deno.test("a lock gives the query's own pixels back at its size", async () => {
  using device = await openDevice("cpu");
  await using pipeline = await loadPipeline(MICRO, { device, loras: LORAS });
  const large = await resize(query, { width: 300, height: 200 });
  using prepared = await prepareEdit(pipeline, {
    before: before,
    after: before,
    query: large,
    prompt: "",
  });
  const { image } = await prepared.run({ steps: 4, lock: true, seed: 1 });
  const corner = { left: 0, top: 0, width: 40, height: 40 };
  assert.deepEqual(crop(image, corner), crop(large, corner));
});

Deno.test("a square query of the panel's size gets the panel, whatever the fit", async () => {
  using device = await openDevice("cpu");
  await using pipeline = await loadPipeline(MICRO, { device, loras: LORAS });
  const results = [];
  for (const fit of ["match", "crop", "pad"] as const) {
    const inputs = { before, after, query, edit: "jumping", fit };
    using prepared = await prepareEdit(pipeline, inputs);
    results.push(await prepared.run({ steps: 1, lock: true }));
  }
  for (const { image, panel } of results) {
    assert.deepEqual(image, results[1]!.image);
    assert.deepEqual(panel, image);
  }
});
