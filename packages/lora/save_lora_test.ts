import { type LowRankUpdate, readLora, saveLora } from "@edit-transfer/lora";
import { openSafetensors } from "@edit-transfer/weights";
import fc from "fast-check";
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { lora, lowRanks, matrix, pairs, testFolder } from "./_test_lora.ts";

const Q = "transformer_blocks.0.attn.to_q";
const C = 4;
const M = 16;

/** Layers whose modules are fused, and some that are not, with their shapes. */
const LAYERS: Record<string, readonly [out: number, into: number]> = {
  [Q]: [C, C],
  "transformer_blocks.0.attn.to_k": [C, C],
  "transformer_blocks.0.attn.to_v": [C, C],
  "transformer_blocks.12.attn.add_k_proj": [C, C],
  "transformer_blocks.12.norm1_context.linear": [6 * C, C],
  "single_transformer_blocks.3.attn.to_q": [C, C],
  "single_transformer_blocks.3.attn.to_v": [C, C],
  "single_transformer_blocks.3.proj_mlp": [M, C],
  "single_transformer_blocks.3.proj_out": [C, C + M],
  "norm_out.linear": [2 * C, C],
};

async function roundTrip(
  made: ReadonlyMap<string, LowRankUpdate>,
  styles: readonly ("peft" | "kohya" | "bfl" | "xlabs")[],
): Promise<Map<string, LowRankUpdate>> {
  await using folder = await testFolder();
  const path = folder.at("lora.safetensors");
  let now = made;
  for (const style of styles) {
    await saveLora(path, { layers: now }, { style });
    await using source = await openSafetensors(path);
    const file = await readLora(source);
    assert.equal(file.style, style);
    now = lowRanks(file);
  }
  return new Map([...now].sort());
}

/** LoRAs with any of the layers, ranks and types, and one alpha / r. */
const anyLora: fc.Arbitrary<Map<string, LowRankUpdate>> = fc.record({
  layers: fc.subarray(Object.keys(LAYERS), { minLength: 1 }),
  ranks: fc.array(fc.integer({ min: 1, max: 4 }), {
    minLength: 10,
    maxLength: 10,
  }),
  dtype: fc.constantFrom("F32", "BF16"),
  scaling: fc.constantFrom(1, 0.5, 0.25, 3),
  sameA: fc.boolean(),
  zeroB: fc.boolean(),
}).map(({ layers, ranks, dtype, scaling, sameA, zeroB }) =>
  new Map(
    layers.sort().map((layer, i): [string, LowRankUpdate] => {
      const [out, into] = LAYERS[layer]!;
      const rank = ranks[sameA ? 0 : i]!;
      const make = (seed: number, rows: number, columns: number) => {
        const shape = [rows, columns] as const;
        const of = (i: number) => (seed * 31 + i * 17) % 101 + 1;
        const data = dtype === "F32"
          ? Float32Array.from({ length: rows * columns }, (_, i) => of(i) / 7)
          : Uint16Array.from({ length: rows * columns }, (_, i) => of(i) + 999);
        return { dtype, shape, data } as LowRankUpdate["A"];
      };
      const A = make(sameA ? 0 : i, rank, into);
      const B = make(i + 50, out, rank);
      if (zeroB) B.data.fill(0);
      const alpha = scaling * rank;
      return [layer, { kind: "lowRank", A, B, alpha, scaling }];
    }),
  )
);

Deno.test("peft to kohya, bfl and back to peft is exact", async () => {
  await fc.assert(
    fc.asyncProperty(anyLora, async (made) => {
      const back = await roundTrip(made, ["kohya", "bfl", "peft"]);
      // what shares A and is zero cannot be told from layers trained apart
      const zero = [...back.values()].every(({ B }) =>
        B.data.every((b) => b === 0)
      );
      if (!zero) assert.deepEqual(back, made);
      else assert.deepEqual([...back.keys()], [...made.keys()]);
    }),
    { seed: 3, numRuns: 60 },
  );
});

Deno.test("saveLora() keeps an update whose layers have different alphas", async () => {
  const read = lowRanks(
    await readLora(lora({
      ...pairs({ [Q]: [4, 4], [Q.replace("_q", "_k")]: [4, 4] }),
      [`${Q}.alpha`]: { dtype: "F32", shape: [], data: Float32Array.of(6) },
    })),
  );
  for (const style of ["kohya", "xlabs"] as const) {
    const back = await roundTrip(read, [style]);
    for (const [layer, { A, B, scaling }] of read) {
      const other = back.get(layer)!;
      assert.deepEqual(other.A, A);
      assert.deepEqual(
        other.B.data.map((b: number) => b * other.scaling),
        B.data.map((b: number) => b * scaling),
      );
    }
  }
});

Deno.test("saveLora() writes what diffusers, kohya and we look for", async () => {
  await using folder = await testFolder();
  const path = folder.at("lora.safetensors");
  const file = await readLora(lora(pairs({ [Q]: [4, 4] })));
  const training = {
    baseModel: "edit-transfer/micro",
    baseModelHash: "0123",
    panelMode: "panel",
    panelSize: 64,
    guidance: 1,
    template: "a {edit} é",
    step: 500,
  };
  await saveLora(path, file, {
    training,
    metadata: { author: "me" },
    dtype: "F16",
  });
  await using source = await openSafetensors(path);
  const { layers: written, metadata, ...rest } = await readLora(source);
  assert.equal(lowRanks({ layers: written }).get(Q)!.A.dtype, "F16");
  assert.deepEqual(rest, {
    ...training,
    path,
    style: "peft",
    rank: 2,
    extras: [],
    notices: [],
  });
  const { lora_adapter_metadata, training_info, ...others } = metadata;
  assert.deepEqual(JSON.parse(training_info!), { step: 500 });
  const config = JSON.parse(lora_adapter_metadata!);
  assert.equal(config["transformer.r"], 2);
  assert.equal(config["transformer.lora_alpha"], 2);
  assert.deepEqual(config["transformer.target_modules"], [Q]);
  assert.deepEqual(others, {
    alpha: "2",
    author: "me",
    base_model: "edit-transfer/micro",
    base_model_hash: "0123",
    format: "pt",
    guidance: "1",
    panel_mode: "panel",
    panel_size: "64",
    rank: "2",
    ss_base_model_version: "flux1",
    ss_network_alpha: "2",
    ss_network_dim: "2",
    ss_network_module: "networks.lora_flux",
    step: "500",
    template: "a {edit} é",
  });
});

Deno.test("saveLora() writes equal LoRAs as equal bytes", async () => {
  await using folder = await testFolder();
  const file = await readLora(lora(pairs({ b: [4, 4], a: [4, 4] })));
  const other = { layers: new Map([...file.layers].reverse()) };
  await saveLora(folder.at("a"), file);
  await saveLora(folder.at("b"), other);
  assert.deepEqual(
    await readFile(folder.at("a")),
    await readFile(folder.at("b")),
  );
});

Deno.test("saveLora() writes no NaN, and nothing too large for its type", async () => {
  await using folder = await testFolder();
  const path = folder.at("lora.safetensors");
  const read = lowRanks(await readLora(lora(pairs({ [Q]: [4, 4] }))));
  await saveLora(path, { layers: read });
  const before = await readFile(path);

  const { A } = read.get(Q)!;
  A.data[5] = NaN;
  await assert.rejects(saveLora(path, { layers: read }), {
    name: "LoraError",
    message:
      `Cannot write LoRA "${path}" as weights must be finite: got NaN or infinity in "transformer.${Q}.lora_A.weight" at element 5`,
  });
  A.data[5] = 7e4;
  await assert.rejects(saveLora(path, { layers: read }, { dtype: "F16" }), {
    name: "LoraError",
    message:
      `Cannot write LoRA "${path}" as F16 must hold its values: got 70000 in "transformer.${Q}.lora_A.weight" at element 5, which F32 holds`,
  });
  A.data[5] = 1;
  const { B } = read.get(Q)!;
  const large = B.data.slice();
  B.data.set(large.map(() => 2e-8)); // F16 has nothing between 0 and 6e-8
  await assert.rejects(saveLora(path, { layers: read }, { dtype: "F16" }), {
    name: "LoraError",
    message:
      `Cannot write LoRA "${path}" as F16 must hold its values: got some so small in "transformer.${Q}.lora_B.weight" that 100 % of it would be lost, which F32 and BF16 hold`,
  });
  B.data.set(large);
  await assert.rejects(
    saveLora(folder.at("absent/lora.safetensors"), { layers: read }),
    /^Error: Cannot write ".*": there is no folder/,
  );
  assert.deepEqual(await readFile(path), before);
});

Deno.test("saveLora() names layers that a style has not", async () => {
  const { layers: read } = await readLora(
    lora({
      "proj_out.lora_A.weight": matrix(1, 4),
      "proj_out.lora_B.weight": matrix(4, 1),
    }),
  );
  await assert.rejects(
    saveLora("lora.safetensors", { layers: read }, { style: "xlabs" }),
    /as each layer must have a name in xlabs: got 1 of 1 without, the first "proj_out"$/,
  );
  const other = await readLora(
    lora(pairs({ [Q]: [4, 4], [Q.replace("_q", "_k")]: [8, 4] })),
  );
  await assert.rejects(
    saveLora("lora.safetensors", other, { style: "kohya" }),
    /"lora_unet_double_blocks_0_img_attn_qkv" needs "transformer_blocks.0.attn.to_k" to be \[4, 4\]: got \[8, 4\]$/,
  );
});
