import { attachLora, mergeLora, readLora } from "@edit-transfer/lora";
import { Linear, openDevice, Tensor } from "@edit-transfer/tensor";
import { assertRelative, randomArray } from "@edit-transfer/testing";
import {
  type DType,
  memoryWeights,
  openSafetensors,
  type TensorData,
  widen,
} from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { lora, pairs, testFolder } from "./_test_lora.ts";

const OUT = 6;
const INTO = 5;

/** A model of one layer and some other arrays. */
function model(dtype: DType, weight?: Partial<TensorData>) {
  const data = Float32Array.from(randomArray(1, OUT * INTO));
  return memoryWeights({
    "proj.weight": { dtype, shape: [OUT, INTO], data, ...weight },
    "proj.bias": { dtype: "I64", shape: [1], data: new Uint8Array(8).fill(7) },
    "other.weight": {
      dtype: "F8_E4M3",
      shape: [2, 2],
      data: Uint8Array.of(1, 2, 3, 4),
    },
  }, { path: "model.safetensors", metadata: { of: "the model" } });
}

const file = () => readLora(lora(pairs({ proj: [OUT, INTO] })));

Deno.test("mergeLora() gives what attachLora() gives", async () => {
  await using folder = await testFolder();
  const output = folder.at("merged.safetensors");
  // the merged weights are rounded once: half a step of each type
  for (
    const [dtype, step] of [["F32", 0], ["F16", 2 ** -11], [
      "BF16",
      2 ** -8,
    ]] as const
  ) {
    const source = model(dtype);
    const read = await file();
    const progress: string[] = [];
    const match = await mergeLora(source, read, {
      output,
      scale: 0.75,
      onProgress: (written, total) => progress.push(`${written}/${total}`),
    });
    assert.deepEqual(match, { matched: ["proj"], unmatched: [], idle: [] });
    assert.deepEqual(progress, ["1/3", "2/3", "3/3"]);

    await using merged = await openSafetensors(output);
    assert.deepEqual(merged.metadata, { format: "pt", of: "the model" });
    for (const name of ["proj.bias", "other.weight"]) {
      assert.deepEqual(merged.info(name), { ...source.info(name) });
      assert.deepEqual(await merged.read(name), await source.read(name));
    }
    assert.equal(merged.info("proj.weight").dtype, dtype);

    using device = await openDevice("cpu");
    const from = async (weights: typeof source) =>
      new Linear(
        Tensor.from(device, widen(await weights.read("proj.weight"), dtype), {
          shape: [OUT, INTO],
        }),
      );
    const plain = await from(source);
    using _ = attachLora(new Map([["proj", plain]]), read, { scale: 0.75 });
    const together = await from(merged);
    // rows of the identity: the weights themselves
    using x = Tensor.from(
      device,
      Float32Array.from(
        { length: INTO * INTO },
        (_, i) => i % (INTO + 1) === 0 ? 1 : 0,
      ),
      { shape: [INTO, INTO] },
    );
    using a = plain.forward(x);
    using b = together.forward(x);
    assertRelative(await b.data(), await a.data(), 1e-6 + step);
  }
});

Deno.test("mergeLora() refuses what it cannot merge and writes nothing", async () => {
  await using folder = await testFolder();
  const output = folder.at("merged.safetensors");
  await writeFile(output, "before");
  const read = await file();
  for (const dtype of ["I8", "U8", "F8_E4M3"] as const) {
    const data = new Uint8Array(OUT * INTO);
    await assert.rejects(mergeLora(model(dtype, { data }), read, { output }), {
      name: "LoraError",
      message:
        `Cannot merge LoRA "lora.safetensors" as "proj.weight" must be F32, F16 or BF16: got ${dtype}, which would round the update away; attach the LoRA instead`,
    });
  }
  await assert.rejects(
    mergeLora(model("F32"), await readLora(lora(pairs({ x: [6, 5] }))), {
      output,
      allowUnmatched: true,
    }),
    /as one of its layers at least must be among the 2 of this model: got none of 1, the first "x", nearest is "proj"$/,
  );
  await assert.rejects(
    mergeLora(
      model("F32"),
      await readLora(lora(pairs({ x: [6, 5], proj: [6, 5] }))),
      { output },
    ),
    /as all of its layers must be in the model: got 1 of 2 that are not, the first "x"/,
  );
  await assert.rejects(
    mergeLora(model("F32"), await readLora(lora(pairs({ proj: [6, 4] }))), {
      output,
    }),
    /"proj" of this model is 5 wide and gives 6: got a LoRA for 4 wide/,
  );
  await assert.rejects(
    mergeLora(model("F16"), read, { output, scale: 1e9 }),
    /as merged weights must be finite: got .* for "proj.weight" at element \d+, F16 in the model$/,
  );
  await assert.rejects(
    mergeLora(model("F32"), read, { output, scale: NaN }),
    /^RangeError: Cannot merge LoRA as its scale must be finite: got NaN$/,
  );
  await assert.rejects(
    mergeLora(model("F32"), read, { output, signal: AbortSignal.abort() }),
    { name: "AbortError" },
  );
  assert.equal(await readFile(output, "utf8"), "before");
});
