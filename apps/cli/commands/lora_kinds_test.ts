import { decodeImage } from "@edit-transfer/image";
import { randomArray } from "@edit-transfer/testing";
import { type TensorData, writeSafetensors } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { join } from "node:path";
import { fixture, inFolder, runCli } from "../_run_cli.ts";

const MODEL = fixture("../models/micro");
const EDIT = [
  ...["edit", "--example", fixture("demo/0000/source.png")],
  ...[fixture("demo/0000/edited.png"), "--query"],
  ...[fixture("demo/0000/query.png"), "--edit", "jumping"],
  ...["--device", "cpu", "--steps", "2", "--json"],
];

function array(seed: number, ...shape: number[]): TensorData {
  const size = shape.reduce((n, extent) => n * extent, 1);
  return { dtype: "F32", shape, data: randomArray(seed, size, 0.2) };
}

function pair(start: string, out: number, into: number) {
  return {
    [`${start}.lora_down.weight`]: array(1, 4, into),
    [`${start}.lora_up.weight`]: array(2, out, 4),
    [`${start}.alpha`]: {
      dtype: "I64",
      shape: [],
      data: new Uint8Array(8).fill(1, 0, 1),
    } as TensorData,
  };
}

/** Layers in and outside of blocks, of text encoders, and of other kinds. */
const KINDS: Record<string, TensorData> = {
  ...pair("lora_unet_double_blocks_0_img_attn_qkv", 576, 192),
  "lora_unet_double_blocks_0_img_attn_qkv.dora_scale": {
    dtype: "F32",
    shape: [576, 1],
    data: new Float32Array(576).fill(0.8),
  },
  ...pair("lora_unet_img_in", 192, 64),
  ...pair("lora_unet_final_layer_adaLN_modulation_1", 384, 192),
  ...pair("lora_te1_text_model_encoder_layers_0_mlp_fc1", 192, 64),
  ...pair("lora_te3_encoder_block_1_layer_0_SelfAttention_q", 96, 96),
  "lora_unet_single_blocks_1_linear2.lokr_w1": array(3, 8, 8),
  "lora_unet_single_blocks_1_linear2.lokr_w2": array(4, 24, 120),
  "lora_unet_single_blocks_2_modulation_lin.diff_b": array(5, 576),
  "lora_unet_single_blocks_0_norm_query_norm.w_norm": array(6, 64),
  "bundle_emb.name.clip_l": array(7, 2, 64),
};

/** Mean difference of two pictures, in levels. */
async function difference(a: string, b: string): Promise<number> {
  const [one, other] = [await decodeImage(a), await decodeImage(b)];
  const sum = one.data.reduce(
    (sum, value, i) => sum + Math.abs(value - other.data[i]!),
    0,
  );
  return sum / one.data.length;
}

Deno.test("inspect, edit and merge agree on a file of many kinds", async () => {
  await inFolder(async (cwd) => {
    const at = (name: string) => join(cwd, name);
    await writeSafetensors(at("kinds.safetensors"), KINDS);
    const inspect = await runCli(
      ["lora", "inspect", "kinds.safetensors", "--model", MODEL, "--json"],
      { cwd },
    );
    assert.equal(inspect.code, 0, inspect.stderr);
    const { layers, matched, unmatched, refusal, notices } = JSON.parse(
      inspect.stdout,
    );
    assert.equal(layers.length, 10);
    assert.equal(matched.length, 10);
    assert.deepEqual([unmatched, refusal], [[], undefined]);
    assert.equal(notices.length, 1);
    assert.deepEqual(
      new Set(layers.map(({ kind }: { kind: string }) => kind)),
      new Set(["DoRA", "LoRA", "LoKr", "bias", "norm"]),
    );

    const run = async (...args: string[]) => {
      const done = await runCli([...EDIT, ...args], { cwd });
      assert.equal(done.code, 0, done.stderr);
      return done;
    };
    const plain = await run("--no-lora", "-o", "plain.png");
    assert.doesNotMatch(plain.stderr, /bundle_emb/);
    const tuned = await run("--lora", "kinds.safetensors", "-o", "tuned.png");
    assert.match(
      tuned.stderr,
      /notice: LoRA "kinds.safetensors": 1 arrays change no layer and are left out, the first "bundle_emb.name.clip_l"/,
    );
    const streamed = await run(
      ...["--lora", "kinds.safetensors", "--max-vram", "24MB"],
      ...["-o", "streamed.png"],
    );
    assert.match(streamed.stderr, /blocks: [0-4] of 5 stay on the device/);
    assert.ok(await difference(at("plain.png"), at("tuned.png")) > 2);
    assert.equal(await difference(at("tuned.png"), at("streamed.png")), 0);

    // branches stand beside blocks of 8 bits as they do beside bfloat16
    const convert = await runCli(
      ["convert", MODEL, "--quantize", "8", "-o", "micro-8"],
      { cwd },
    );
    assert.equal(convert.code, 0, convert.stderr);
    const eight = ["--model", "micro-8", "--lora", "kinds.safetensors"];
    await run(...eight, "-o", "eight.png");
    assert.ok(await difference(at("tuned.png"), at("eight.png")) < 1);
    const refused = await runCli(
      ["lora", "merge", ...eight, "-o", "merged-8"],
      { cwd },
    );
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /must be F32, F16 or BF16: got .*, which would round the update away; attach the LoRA instead\n$/,
    );

    const merge = await runCli(
      ["lora", "merge", "--lora", "kinds.safetensors", "-o", "merged"],
      { cwd },
    );
    assert.equal(merge.code, 0, merge.stderr);
    assert.match(merge.stderr, /Merged 10 of 10 layers at scale 1\n$/);
    await run("--model", "merged", "--no-lora", "-o", "merged.png");
    // its weights are bfloat16, which rounds what was added
    assert.ok(await difference(at("tuned.png"), at("merged.png")) < 1);
  });
});
