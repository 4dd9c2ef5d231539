import { blankImage } from "@edit-transfer/image";
import { loadPipeline } from "@edit-transfer/pipeline";
import { openDevice } from "@edit-transfer/tensor";
import assert from "node:assert/strict";
import type { MethodRunOptions } from "./method.ts";
import { METHODS } from "./methods.ts";
import { prepareMethod } from "./prepare_method.ts";

const inputs = {
  before: blankImage(64, 64, [200, 40, 40]),
  after: blankImage(64, 64, [40, 40, 200]),
  query: blankImage(100, 60, [40, 200, 40]),
  edit: "jumping",
};
const FEW: Readonly<Record<string, Record<string, number>>> = {
  flowedit: { steps: 3, nMax: 2 },
  sdedit: { steps: 3 },
  "copy-query": {},
  "copy-after": {},
};

Deno.test("methods of the embedded model", async (test) => {
  using device = await openDevice("cpu", { threads: 1 });
  await using pipeline = await loadPipeline("models/micro", {
    device,
    keepTextEncoders: true,
  });
  const runOf = async (
    name: string,
    options: MethodRunOptions,
    given: typeof inputs & { prompt?: string } = inputs,
  ) => {
    const few = FEW[name] ?? { steps: 2 };
    using prepared = await prepareMethod(name, pipeline, given, few);
    const result = await prepared.run(options);
    return { ...result, prompt: prepared.prompt };
  };
  for (const { name, options } of METHODS) {
    const isFloor = Object.keys(options).length === 0;
    await test.step(`${name} gives a picture of the query's size`, async () => {
      const seen: string[] = [];
      const onStep: MethodRunOptions["onStep"] = ({ step, steps }) => {
        seen.push(`${step}/${steps}`);
      };
      const { image, panel, prompt } = await runOf(name, { seed: 1, onStep });
      assert.deepEqual([image.width, image.height], [100, 60]);
      assert.deepEqual([panel.width, panel.height], [80, 48]);
      assert.equal(/jumping/.test(prompt), !isFloor);
      const steps = seen.length;
      assert.deepEqual(seen, seen.map((_, i) => `${i + 1}/${steps}`));
      assert.equal(steps === 0, isFloor);
    });
    if (isFloor) continue;
    await test.step(`${name} takes a caption as it is`, async () => {
      const { prompt } = await runOf(name, {}, { ...inputs, prompt: "a hat" });
      assert.equal(prompt, "a hat");
    });
    await test.step(`${name} stops, and leaves no tensors`, async () => {
      const stop = new AbortController();
      const before = device.memory.tensors;
      await assert.rejects(
        runOf(name, {
          signal: stop.signal,
          onStep: () => stop.abort(new Error("Enough")),
        }),
        { message: "Enough" },
      );
      assert.equal(device.memory.tensors, before);
    });
  }
  await test.step("floors are the pictures themselves", async () => {
    const query = await runOf("copy-query", {});
    assert.equal(query.image, inputs.query);
    const { image } = await runOf("copy-after", {});
    assert.deepEqual([...image.data.subarray(0, 3)], [40, 40, 200]);
  });
  for (
    const [name, options, message] of [
      [
        "sdedit",
        { strength: 0 },
        "Cannot run sdedit as a step at least must be run: got 28 steps of strength 0",
      ],
      [
        "flux-inpaint",
        { strength: 0 },
        "Cannot run flux-inpaint as a step at least must be run: got 35 steps of strength 0",
      ],
      [
        "flowedit",
        { nMin: 25 },
        "Cannot run flowedit as nMin must be at most nMax and steps: got nMin 25, nMax 24 and 28 steps",
      ],
    ] as const
  ) {
    await test.step(`${name} refuses what has no steps`, async () => {
      using prepared = await prepareMethod(name, pipeline, inputs, options);
      await assert.rejects(prepared.run(), { message });
    });
  }
  await test.step("a panel that is no number of tokens is refused", async () => {
    await assert.rejects(
      prepareMethod("sdedit", pipeline, { ...inputs, panelSize: 60 }),
      /multiples of 16 pixels: got 60/,
    );
  });
});
