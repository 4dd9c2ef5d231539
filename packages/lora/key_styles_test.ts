import { attachLora, LoraError, readLora, saveLora } from "@edit-transfer/lora";
import type { LoraFile, LoraMatrix, LowRankUpdate } from "@edit-transfer/lora";
import { openDevice, Tensor } from "@edit-transfer/tensor";
import { assertRelative, randomArray } from "@edit-transfer/testing";
import {
  memoryWeights,
  openSafetensors,
  type TensorData,
  type WeightSource,
} from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { microModel } from "../dit/_test_model.ts";
import { lora, lowRanks, matrix, testFolder } from "./_test_lora.ts";
import { widened } from "./_matrix.ts";

const FIXTURES = fileURLToPath(new URL("../../fixtures/", import.meta.url));

async function read(path: string): Promise<LoraFile> {
  await using source = await openSafetensors(path);
  return await readLora(source);
}

const golden = (name: string) =>
  read(join(FIXTURES, `goldens/lora_formats/${name}.safetensors`));

/** `scaling · A` and B of each layer, as float32. */
function values(file: LoraFile): Map<string, number[][]> {
  const scaled = (matrix: LoraMatrix, factor: number) =>
    [...widened(matrix).data].map((x) => Math.fround(x * factor));
  return new Map(
    [...lowRanks(file)].map(([layer, { A, B, scaling }]) => [
      layer,
      [scaled(A, scaling), scaled(B, 1)],
    ]),
  );
}

/** `scaling · B A`. */
function update({ A, B, scaling }: LowRankUpdate): Float64Array {
  const [rank, into] = A.shape;
  const sum = new Float64Array(B.shape[0] * into);
  for (let at = 0; at < sum.length; at++) {
    for (let r = 0; r < rank; r++) {
      const b = B.data[Math.floor(at / into) * rank + r]!;
      sum[at]! += scaling * b * A.data[r * into + at % into]!;
    }
  }
  return sum;
}

Deno.test("readLora() reads each key style as diffusers converts it", async () => {
  const expected = values(await golden("expected"));
  assert.equal(expected.size, 22);
  for (
    const [name, style, layers] of [
      ["peft", "peft", 22],
      ["kohya", "kohya", 22],
      ["bfl", "bfl", 22],
      ["comfy", "bfl", 22],
      ["kontext", "bfl", 22],
      ["xlabs", "xlabs", 12],
    ] as const
  ) {
    const file = await golden(name);
    const got = values(file);
    assert.equal(file.style, style);
    assert.equal(got.size, layers, name);
    for (const [layer, pair] of got) {
      assert.deepEqual(pair, expected.get(layer), `${name}: ${layer}`);
    }
  }
});

Deno.test("readLora() splits ranks where layers were trained apart", async () => {
  const expected = await golden("sparse_expected");
  const file = await golden("sparse");
  assert.equal(file.rank, 2); // of 6 and 8 in the file
  assert.deepEqual(
    [...file.layers.keys()].sort(),
    [...expected.layers.keys()].sort(),
  );
  for (const [layer, pair] of lowRanks(file)) {
    // alpha / r is rounded to float32 there, and parted between A and B
    assertRelative(update(pair), update(lowRanks(expected).get(layer)!), 2e-7);
  }
});

Deno.test("readLora() keeps what is outside of the blocks", async () => {
  const expected = values(await golden("outside_expected"));
  const got = values(await golden("outside"));
  const text = "text_encoder.encoder.layers.0.mlp.fc1";
  assert.ok(got.delete(text));
  assert.deepEqual([...got].sort(), [...expected].sort());
});

Deno.test("readLora() says where a fused module cannot be split", async () => {
  const fused = (rows: number, name: string) =>
    readLora(lora({
      [`lora_unet_${name}.lora_down.weight`]: matrix(2, 12),
      [`lora_unet_${name}.lora_up.weight`]: matrix(rows, 2),
    }));
  await assert.rejects(fused(35, "double_blocks_0_img_attn_qkv"), {
    name: "LoraError",
    message: 'Cannot read "lora.safetensors" as ' +
      '"lora_unet_double_blocks_0_img_attn_qkv.lora_up.weight" must have rows for ' +
      "to_q, to_k, to_v of a layer 12 wide: got 35 rows",
  });
  await assert.rejects(
    fused(36, "single_blocks_0_linear1"),
    /must have rows for to_q, to_k, to_v, proj_mlp of a layer 12 wide: got 36 rows$/,
  );
  await assert.rejects(
    fused(5, "final_layer_adaLN_modulation_1"),
    /must have rows for two halves of a layer 12 wide: got 5 rows$/,
  );
});

Deno.test("readLora() refuses one layer in two styles", async () => {
  await assert.rejects(
    readLora(lora({
      "double_blocks.0.img_attn.proj.lora_A.weight": matrix(2, 4),
      "double_blocks.0.img_attn.proj.lora_B.weight": matrix(4, 2),
      "transformer_blocks.0.attn.to_out.0.lora_A.weight": matrix(2, 4),
      "transformer_blocks.0.attn.to_out.0.lora_B.weight": matrix(4, 2),
    })),
    /got "double_blocks.0.img_attn.proj.lora_A.weight" and "transformer_blocks.0.attn.to_out.0.lora_A.weight"$/,
  );
});

/** The same file with other names. */
async function renamed(
  path: string,
  change: (name: string) => string,
): Promise<WeightSource> {
  await using source = await openSafetensors(path);
  const tensors: Record<string, TensorData> = {};
  for (const name of source.names()) {
    const { dtype, shape } = source.info(name);
    tensors[change(name)] = { dtype, shape, data: await source.read(name) };
  }
  return memoryWeights(tensors);
}

Deno.test("the embedded model gives the same velocity with every style", async () => {
  await using folder = await testFolder();
  const own = await read(
    join(FIXTURES, "../models/micro/lora/edit_transfer.safetensors"),
  );
  const attention = new Map(
    [...own.layers].filter(([layer]) => /attn\.|single.*proj_out/.test(layer)),
  );
  const at = (style: string) => folder.at(`${style}.safetensors`);
  for (const style of ["peft", "kohya", "bfl"] as const) {
    await saveLora(at(style), own, { style });
  }
  await saveLora(at("xlabs"), { layers: attention }, { style: "xlabs" });
  const files: Record<string, LoraFile> = {
    kohya: await read(at("kohya")),
    bfl: await read(at("bfl")),
    comfy: await readLora(
      await renamed(
        at("bfl"),
        (name) =>
          name.replace("lora_A", "lora_down").replace("lora_B", "lora_up"),
      ),
    ),
    default: await readLora(
      await renamed(
        at("peft"),
        (name) => name.replace(".weight", ".default.weight"),
      ),
    ),
  };

  using device = await openDevice("cpu");
  using model = await microModel(device);
  const tensor = (seed: number, shape: number[]) =>
    Tensor.from(device, randomArray(seed, shape.reduce((n, d) => n * d)), {
      shape,
    });
  const { inChannels, jointAttentionDim, pooledProjectionDim } = model.config;
  using img = tensor(1, [1, 4, inChannels]);
  using txt = tensor(2, [1, 3, jointAttentionDim]);
  using pooled = tensor(3, [1, pooledProjectionDim]);
  const velocity = async (file?: LoraFile) => {
    using _ = file && attachLora(model.linears(), file);
    using v = model.forward({
      img,
      txt,
      pooled,
      timestep: 0.6,
      guidance: 1,
      imgIds: [[0, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 1]],
      txtIds: [[0, 0, 0], [0, 0, 0], [0, 0, 0]],
    });
    return await v.data();
  };
  const expected = await velocity(own);
  assert.notDeepEqual(await velocity(), expected);
  for (const [name, file] of Object.entries(files)) {
    assert.deepEqual(await velocity(file), expected, name);
  }
  assert.deepEqual(
    await velocity(await read(at("xlabs"))),
    await velocity({ ...own, layers: attention }),
  );
});

Deno.test("readLora() answers any names with an error or a LoRA", async () => {
  const words = [
    ..."lora_unet_ double_blocks. single_blocks . 0 1 .. img_attn qkv linear1 .processor. qkv_lora1 diffusion_model. base_model.model. transformer. transformer_blocks. attn .to_q .lora_A .lora_B .lora_down .lora_up .down .up .alpha .weight .default __proto__ constructor final_layer .adaLN_modulation.1"
      .split(" "),
  ];
  let state = 7;
  const random = (n: number) => {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    return Math.floor(state / 2 ** 32 * n);
  };
  let read = 0;
  for (let run = 0; run < 1500; run++) {
    const tensors: Record<string, TensorData> = {};
    for (let i = random(3); i >= 0; i--) {
      const stem = Array.from(
        { length: 1 + random(6) },
        () => words[random(words.length)],
      ).join("");
      const end = [".lora_A.weight", ".lora_down.weight", ".down.weight"];
      const down = stem + end[random(3)]!;
      tensors[down] = matrix(1 + random(3), 4);
      tensors[
        down.replace("_A", "_B").replace(/down(?=\.weight$)/, "up")
      ] = matrix(4 * (1 + random(7)), random(3) ? tensors[down].shape[0]! : 1);
    }
    try {
      const file = await readLora(lora(tensors));
      assert.ok(file.layers.size > 0);
      read++;
    } catch (error) {
      assert.ok(error instanceof LoraError, String(error));
    }
  }
  assert.ok(read > 100, `${read}`);
});
