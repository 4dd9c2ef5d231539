import { decodeImage } from "@edit-transfer/image";
import { gain as gainMetric, scoreEdit } from "@edit-transfer/metrics";
import { openDevice } from "@edit-transfer/tensor";
import { loadModel } from "@edit-transfer/transfer";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const picture = (name: string) =>
  decodeImage(fileURLToPath(
    new URL(`../../fixtures/demo/0000/${name}.png`, import.meta.url),
  ));
const inputs = {
  before: await picture("source"),
  after: await picture("edited"),
  query: await picture("query"),
  edit: "jumping",
};
const known = { query: inputs.query, answer: await picture("target") };

for (
  const [name, loras, least] of [
    ["its own LoRA", undefined, 0.75],
    ["no LoRA and the folder's template", false, 0.7],
  ] as const
) {
  Deno.test(`loadModel() edits with ${name}`, async () => {
    await using model = await loadModel(undefined, { device: "cpu", loras });
    assert.match(model.template, /^four panels/);
    const seen: number[] = [];
    const { image, notices, timings } = await model.edit(inputs, {
      onStep: ({ step }) => seen.push(step),
    });
    assert.equal(seen.length, 4);
    assert.deepEqual(notices, []);
    assert.ok(timings.text! >= 0 && timings.denoise > 0);
    const gain = gainMetric.summarize([scoreEdit(image, known)]);
    assert.ok(gain >= least, `gain ${gain}`);
  });
}

Deno.test("a device that was given stays the caller's, others go with the model", async () => {
  const device = await openDevice("cpu", { threads: 1 });
  try {
    {
      await using model = await loadModel(undefined, { device });
      using prepared = await model.prepare(inputs);
      const [a, b] = [
        await prepared.run({ seed: 1, steps: 1 }),
        await prepared.run({ seed: 2, steps: 1 }),
      ];
      assert.notDeepEqual(a.image, b.image);
    }
    assert.equal(device.memory.tensors, 0);
    device.release(device.allocate("f32", 1)); // it is alive
  } finally {
    device[Symbol.dispose]();
  }
  await assert.rejects(
    loadModel("no/such/model", { device: "cpu" }),
    /no\/such/,
  );
});

Deno.test("pictures from text are made without the model's own LoRA", async () => {
  const text = { prompt: "a person", steps: 1, width: 32, height: 32 };
  await using model = await loadModel(undefined, { device: "cpu" });
  await using bare = await loadModel(undefined, { device: "cpu", loras: [] });
  await using chosen = await loadModel(undefined, {
    device: "cpu",
    loras: model.loras,
  });
  const without = await bare.generate(text);
  assert.deepEqual((await model.generate(text)).image, without.image);
  const before = await model.edit(inputs, { steps: 1 });
  assert.deepEqual((await model.generate(text)).image, without.image);
  assert.deepEqual(
    (await model.edit(inputs, { steps: 1 })).image,
    before.image,
  );
  assert.notDeepEqual((await chosen.generate(text)).image, without.image);
});

Deno.test("maxVram plans what stays on the device", async () => {
  await using model = await loadModel(undefined, {
    device: "cpu",
    maxVram: 2 ** 30,
  });
  assert.equal(model.plan?.resident, undefined);
  assert.equal(model.plan?.maxBytes, 2 ** 30);
});
