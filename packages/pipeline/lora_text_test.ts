import { openDevice } from "@edit-transfer/tensor";
import { randomArray } from "@edit-transfer/testing";
import { writeSafetensors } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadPipeline } from "./pipeline.ts";

const PROMPT = "a person";

Deno.test("LoRAs of text encoders act, and have text states of their own", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lora-text-"));
  try {
    const array = (seed: number, ...shape: number[]) => ({
      dtype: "F32" as const,
      shape,
      data: randomArray(seed, shape[0]! * shape[1]!, 0.3),
    });
    const clip = "lora_te1_text_model_encoder_layers_1_self_attn_q_proj";
    const t5 = "lora_te3_encoder_block_0_layer_1_DenseReluDense_wo";
    const path = join(folder, "text.safetensors");
    await writeSafetensors(path, {
      [`${clip}.lora_down.weight`]: array(1, 4, 64),
      [`${clip}.lora_up.weight`]: array(2, 64, 4),
      [`${t5}.lora_down.weight`]: array(3, 4, 192),
      [`${t5}.lora_up.weight`]: array(4, 96, 4),
    });
    using device = await openDevice("cpu", { threads: 1 });
    const cache = join(folder, "cache");
    const encode = async (
      loras: { path: string; scale?: number }[],
      act = true,
    ) => {
      await using pipeline = await loadPipeline("models/micro", {
        device,
        loras,
        textCache: { folder: cache, leastBytes: 0 },
      });
      using text = await pipeline.encodeText(PROMPT, { loras: act });
      using again = await pipeline.encodeText(PROMPT, { loras: act });
      assert.deepEqual(await again.states.data(), await text.states.data());
      return [[...await text.pooled.data()], [...await text.states.data()]];
    };
    const plain = await encode([]);
    const tuned = await encode([{ path }]);
    assert.notDeepEqual(tuned[0], plain[0]);
    assert.notDeepEqual(tuned[1], plain[1]);
    assert.equal((await readdir(cache)).length, 2);

    // from the files of each
    assert.deepEqual(await encode([{ path }]), tuned);
    assert.deepEqual(await encode([{ path }], false), plain);
    assert.deepEqual(await encode([{ path, scale: 0 }]), plain);
    assert.equal((await readdir(cache)).length, 2);
    const half = await encode([{ path, scale: 0.5 }]);
    assert.notDeepEqual(half, tuned);
    assert.equal((await readdir(cache)).length, 3);
  } finally {
    await rm(folder, { recursive: true });
  }
});
