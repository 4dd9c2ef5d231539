import { LoraError, readLora } from "@edit-transfer/lora";
import { openSafetensors } from "@edit-transfer/weights";
import fc from "fast-check";
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { lora, lowRanks, matrix, pairs } from "./_test_lora.ts";

const FIXTURES = fileURLToPath(new URL("../../fixtures/", import.meta.url));
const SCALAR = { dtype: "F32", shape: [], data: Float32Array.of(6) } as const;
const Q = "transformer_blocks.0.attn.to_q";

Deno.test.each([
  { prefix: "transformer." },
  { prefix: "" },
  { prefix: "base_model.model." },
  { prefix: "base_model.model.transformer." },
])('readLora() takes names that begin with "$prefix"', async ({ prefix }) => {
  const file = await readLora(lora(pairs({ [Q]: [4, 3] }, { prefix })));
  assert.deepEqual([...file.layers.keys()], [Q]);
  const { A, B, alpha, scaling } = lowRanks(file).get(Q)!;
  assert.deepEqual([A.shape, B.shape, alpha, scaling], [[2, 3], [4, 2], 2, 1]);
  assert.equal(file.rank, 2);
});

Deno.test("readLora() takes the alpha of a layer from the file", async () => {
  const tensors = {
    ...pairs({ [Q]: [4, 3] }),
    [`transformer.${Q}.alpha`]: SCALAR,
  };
  const pair = lowRanks(await readLora(lora(tensors))).get(Q)!;
  assert.deepEqual([pair.alpha, pair.scaling], [6, 3]);
});

Deno.test("readLora() takes alpha from the metadata of diffusers", async () => {
  const config = {
    "transformer.lora_alpha": 8,
    "transformer.alpha_pattern": { "ff.net.2": 1 },
  };
  const file = await readLora(
    lora(pairs({ [Q]: [4, 3], "blocks.0.ff.net.2": [4, 3] }), {
      lora_adapter_metadata: JSON.stringify(config),
    }),
  );
  assert.equal(lowRanks(file).get(Q)!.scaling, 4);
  assert.equal(lowRanks(file).get("blocks.0.ff.net.2")!.scaling, 0.5);
});

Deno.test("readLora() takes alpha from the config beside a PEFT file", async () => {
  await using source = await openSafetensors(
    join(FIXTURES, "goldens/lora/second/adapter_model.safetensors"),
  );
  const file = await readLora(source);
  const scalings = [...lowRanks(file).values()].map(({ scaling }) => scaling);
  assert.deepEqual(scalings, [6 / Math.sqrt(3), 5 / Math.sqrt(2)]);
});

Deno.test("readLora() reads how the LoRA was trained", async () => {
  const flat = {
    base_model: "edit-transfer/micro",
    panel_mode: "panel",
    panel_size: "64",
    guidance: "1.0",
    template: "four panels: edit {edit}",
  };
  const expected = {
    baseModel: "edit-transfer/micro",
    panelMode: "panel",
    panelSize: 64,
    guidance: 1,
    template: "four panels: edit {edit}",
  };
  const nested = { edit_transfer: JSON.stringify({ ...flat, guidance: 1 }) };
  for (const metadata of [flat, nested]) {
    const file = await readLora(lora(pairs({ [Q]: [4, 3] }), metadata));
    const { baseModel, panelMode, panelSize, guidance, template } = file;
    assert.deepEqual(
      { baseModel, panelMode, panelSize, guidance, template },
      expected,
    );
    assert.deepEqual(file.metadata, metadata);
  }
  const none = await readLora(
    lora(pairs({ [Q]: [4, 3] }), { guidance: "high", edit_transfer: "{" }),
  );
  assert.equal(none.guidance, undefined);
  assert.equal(none.template, undefined);
});

Deno.test.each([
  { name: "transformer.x.lokr_t2", format: /a LyCORIS adapter of conv/ },
  { name: "lora_unet_x.oft_blocks", format: /an OFT, which rotates/ },
  { name: "lora_unet_x.boft_blocks", format: /a BOFT, which rotates/ },
  { name: "lora_unet_x.a1.weight", format: /a GLoRA/ },
  { name: "lora_unet_x.lora_mid.weight", format: /a LoCon with a middle/ },
  { name: "lora_unet_x.on_input", format: /an \(IA\)³/ },
  { name: "base_model.model.x.vera_lambda_b", format: /a VeRA/ },
  { name: "base_model.model.x.lora_embedding_A", format: /embedding table/ },
  { name: "base_model.model.x.hra_u", format: /an adapter of PEFT other/ },
])(
  "readLora() refuses another adapter by name: $name",
  async ({ name, format }) => {
    await assert.rejects(
      readLora(lora({ ...pairs({ [Q]: [4, 3] }), [name]: matrix(2, 2) })),
      (error: unknown) => {
        assert.ok(error instanceof LoraError);
        assert.match(error.message, format);
        return true;
      },
    );
  },
);

Deno.test.each(
  [
    {
      what: "nothing",
      tensors: {},
      message: /must have a layer: got no arrays/,
    },
    {
      what: "a whole model",
      tensors: { "x_embedder.weight": matrix(2, 2) },
      message:
        /must be updates of layers: got none of 1, the first "x_embedder.weight"$/,
    },
    {
      what: "half a layer",
      tensors: { "transformer.a.lora_A.weight": matrix(2, 3) },
      message: /the first "a" has no lora_B/,
    },
    {
      what: "a layer twice",
      tensors: {
        ...pairs({ a: [4, 3] }),
        ...pairs({ a: [4, 3] }, { prefix: "" }),
      },
      message: /got "transformer.a.lora_A.weight" and "a.lora_A.weight"/,
    },
    {
      what: "two ranks",
      tensors: {
        "a.lora_A.weight": matrix(2, 3),
        "a.lora_B.weight": matrix(4, 3),
      },
      message:
        /lora_B of "a" must be \[out, 2\] for lora_A \[2, 3\]: got \[4, 3\]/,
    },
    {
      what: "a convolution",
      tensors: {
        "a.lora_A.weight": {
          dtype: "F32",
          shape: [2, 3, 3, 3],
          data: new Float32Array(54),
        },
        "a.lora_B.weight": matrix(4, 2),
      },
      message: /must be a matrix of floats: got F32 \[2, 3, 3, 3\]/,
    },
    {
      what: "a LoKr whose product no layer is",
      tensors: {
        "a.lokr_w1": matrix(3000, 1),
        "a.lokr_w2": matrix(3000, 1),
        "a.diff_b": { dtype: "F32", shape: [3], data: new Float32Array(3) },
      },
      message: /LoKr of "a" is too large: got \[9000000, 1\]$/,
    },
    {
      what: "a bias of another length",
      tensors: {
        ...pairs({ a: [4, 3] }),
        "transformer.a.diff_b": {
          dtype: "F32",
          shape: [3],
          data: new Float32Array(3),
        },
      },
      message: /"transformer.a.diff_b" must be \[4\]: got 3 values$/,
    },
    {
      what: "LoHa of two shapes",
      tensors: {
        "a.hada_w1_a": matrix(4, 2),
        "a.hada_w1_b": matrix(2, 3),
        "a.hada_w2_a": matrix(4, 2),
        "a.hada_w2_b": matrix(2, 5),
      },
      message:
        /factors of LoHa of "a" must be \[out, r\], \[r, in\] twice: got \[4, 2\], \[2, 3\], \[4, 2\], \[2, 5\]$/,
    },
    {
      what: "half a LoKr",
      tensors: { "a.lokr_w1": matrix(4, 2), "a.lokr_w2_a": matrix(4, 2) },
      message: /the first "a" has no lokr_w2$/,
    },
    {
      what: "an alpha below zero",
      tensors: {
        ...pairs({ a: [4, 3] }),
        "transformer.a.alpha": { ...SCALAR, data: Float32Array.of(-1) },
      },
      message: /must be one number >= 0: got F32 \[\] -1/,
    },
  ] as const,
)("readLora() refuses $what", async ({ tensors, message }) => {
  await assert.rejects(readLora(lora(tensors)), (error: unknown) => {
    assert.ok(error instanceof LoraError);
    assert.match(error.message, message);
    return true;
  });
});

Deno.test("readLora() refuses NaN and infinity in every type", async () => {
  for (const dtype of ["F32", "F16", "BF16"] as const) {
    for (const bad of [NaN, Infinity, -Infinity]) {
      const A = matrix(2, 3, dtype);
      (A.data as Float32Array)[4] = bad;
      const tensors = { "a.lora_A.weight": A, "a.lora_B.weight": matrix(4, 2) };
      await assert.rejects(
        readLora(lora(tensors)),
        /must be finite: got NaN or infinity in "a.lora_A.weight" at element 4$/,
      );
    }
  }
});

Deno.test("readLora() answers mutated files with an error or a LoRA", async () => {
  const original = await readFile(
    join(FIXTURES, "goldens/lora/first.safetensors"),
  );
  const headerEnd = 8 + Number(original.readBigUInt64LE(0));
  const folder = await mkdtemp(join(tmpdir(), "lora-"));
  const path = join(folder, "mutated.safetensors");
  const names = new Set<string>();
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.tuple(fc.nat(headerEnd - 1), fc.integer({ min: 0, max: 255 })),
          { minLength: 1, maxLength: 4 },
        ),
        async (changes) => {
          const bytes = Uint8Array.from(original);
          for (const [at, value] of changes) bytes[at] = value;
          await writeFile(path, bytes);
          try {
            await using source = await openSafetensors(path);
            const file = await readLora(source);
            assert.ok(file.layers.size > 0);
          } catch (error) {
            names.add((error as Error).name);
          }
        },
      ),
      { numRuns: 700, seed: 1 },
    );
  } finally {
    await rm(folder, { recursive: true });
  }
  const expected = ["FormatError", "LoraError", "WeightError"];
  assert.deepEqual([...names].filter((name) => !expected.includes(name)), []);
  assert.ok(names.has("LoraError") && names.has("FormatError"));
});
