import { openModelFolder } from "@edit-transfer/pipeline";
import { type TensorData, writeSafetensors } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  editJson,
  editWeights,
  readTensors,
  WEIGHTS,
  withCopy,
} from "./_test_model_copy.ts";
import { inLayout, withSingleFiles } from "./_test_single_files.ts";

const X: TensorData = { dtype: "F32", shape: [1], data: Float32Array.of(0) };
type Part = keyof typeof WEIGHTS;
const PARTS = Object.keys(WEIGHTS) as Part[];
const CALLED = {
  transformer: "the transformer",
  vae: "the autoencoder",
  clip: "CLIP",
  t5: "T5",
};

const said = (part: Part, path: string, got: string) => ({
  name: "WeightError",
  message: `Cannot use "${path}" as each of its arrays must be of a layer of ${
    CALLED[part]
  }: got ${got}`,
});

/** Configs that ask for less than the file has, and what is then said. */
const LESS: [Part, Record<string, unknown>, string][] = [
  [
    "transformer",
    { num_single_layers: 3 },
    "14 that no layer asks for, " +
    '"single_transformer_blocks.3.attn.norm_k.weight", ' +
    '"single_transformer_blocks.3.attn.norm_q.weight", ' +
    '"single_transformer_blocks.3.attn.to_k.bias" and 11 more',
  ],
  ["transformer", { num_layers: 0 }, ""],
  ["transformer", { guidance_embeds: false }, ""],
  ["vae", { mid_block_add_attention: false }, ""],
  ["clip", { num_hidden_layers: 1 }, ""],
  ["t5", { num_layers: 1 }, ""],
];

for (const [part, change, got] of LESS) {
  Deno.test(`a config of ${CALLED[part]} with ${JSON.stringify(change)} leaves arrays over`, async () => {
    await withCopy(async (folder) => {
      const path = join(folder, WEIGHTS[part]);
      await editJson(join(path, "../config.json"), (json) => {
        Object.assign(json, change);
      });
      const { message } = said(part, path, got);
      await assert.rejects(openModelFolder(folder), (error: Error) => {
        assert.equal(error.name, "WeightError");
        assert.ok(error.message.startsWith(message), error.message);
        assert.match(error.message, /got \d+ that no layer asks for, /);
        return true;
      });
    });
  });
}

for (const part of PARTS) {
  Deno.test(`an array too many in ${CALLED[part]} of a folder, of a single file, of a checkpoint`, async () => {
    const got = '1 that no layer asks for, "extra.weight"';
    await withCopy(async (folder) => {
      const path = join(folder, WEIGHTS[part]);
      await editWeights(path, (tensors) => tensors["extra.weight"] = X);
      await assert.rejects(openModelFolder(folder), said(part, path, got));
    });
    const files: Record<string, Record<string, TensorData>> = {};
    const all: Record<string, TensorData> = {};
    for (const role of PARTS) {
      files[`${role}.safetensors`] = await inLayout(role);
      Object.assign(all, await inLayout(role, PREFIXES[role]));
    }
    files[`${part}.safetensors`]!["extra.weight"] = X;
    await withSingleFiles({ files }, async (folder) => {
      const path = join(folder, `${part}.safetensors`);
      await assert.rejects(openModelFolder(folder), said(part, path, got));
    });
    all[`${PREFIXES[part]}extra.weight`] = X;
    await withSingleFiles({ files: { "all.safetensors": all } }, async (f) => {
      const path = join(f, "all.safetensors");
      await assert.rejects(openModelFolder(f), said(part, path, got));
    });
  });
}

const PREFIXES = {
  transformer: "model.diffusion_model.",
  vae: "vae.",
  clip: "text_encoders.clip_l.transformer.",
  t5: "text_encoders.t5xxl.transformer.",
};

/** A checkpoint of all parts, and more. */
async function checkpoint(more: readonly string[]) {
  const all: Record<string, TensorData> = {};
  for (const role of PARTS) {
    Object.assign(all, await inLayout(role, PREFIXES[role]));
  }
  for (const name of more) all[name] = X;
  return { files: { "all.safetensors": all } };
}

Deno.test("a checkpoint with arrays of no part is refused", async () => {
  const more = ["text_encoders.clip_g.transformer.text_model.x.weight"];
  await withSingleFiles(await checkpoint(more), async (folder) => {
    const path = join(folder, "all.safetensors");
    await assert.rejects(
      openModelFolder(folder),
      said(
        "transformer",
        path,
        `1 that no layer asks for, "${more[0]}"`,
      ),
    );
  });
});

/** What files have besides, and no result depends on. */
const HARMLESS = {
  clip: [
    "text_projection.weight",
    "logit_scale",
    "visual_projection.weight",
    "vision_model.encoder.layers.0.mlp.fc1.weight",
    "text_model.embeddings.position_ids",
  ],
  t5: [
    "spiece_model",
    "lm_head.weight",
    "decoder.block.0.layer.0.SelfAttention.q.weight",
  ],
};

Deno.test("what files have besides, and no result depends on, is passed over", async () => {
  await withCopy(async (folder) => {
    for (const part of ["clip", "t5"] as const) {
      await editWeights(join(folder, WEIGHTS[part]), (tensors) => {
        for (const name of HARMLESS[part]) tensors[name] = X;
        if (part === "clip") return;
        // the second name of the table, which shared.weight wins over
        const table = "encoder.embed_tokens.weight";
        tensors["shared.weight"] ??= tensors[table]!;
        tensors[table] = X;
      });
    }
    await using model = await openModelFolder(folder);
    assert.ok(!model.clip.weights.has("logit_scale"));
  });
  const more = [
    ...HARMLESS.clip.map((name) => PREFIXES.clip + name),
    ...HARMLESS.t5.map((name) => PREFIXES.t5 + name),
    "text_encoders.clip_l.logit_scale",
    "text_encoders.t5xxl.logit_scale",
    "model_ema.decay",
  ];
  await withSingleFiles(await checkpoint(more), async (folder) => {
    await using _ = await openModelFolder(folder);
  });
});

Deno.test("an array of a shard that the index does not list is refused", async () => {
  await withCopy(async (folder) => {
    const whole = join(folder, WEIGHTS.vae);
    const tensors = await readTensors(whole);
    const shard = "diffusion_pytorch_model-00001-of-00001.safetensors";
    const listed = Object.keys(tensors).map((name) => [name, shard]);
    await writeSafetensors(join(folder, "vae", shard), {
      ...tensors,
      extra: X,
    });
    await rm(whole);
    const index = `${whole}.index.json`;
    const weight_map = Object.fromEntries(listed);
    await writeFile(index, JSON.stringify({ weight_map }));
    await assert.rejects(openModelFolder(folder), {
      name: "FormatError",
      message:
        `Cannot read index "${index}" as it must list all that its files hold: got none for "extra" of "${shard}"`,
    });
  });
});

Deno.test("arrays that are missing, or no floats, are told when a model is opened", async () => {
  await withCopy(async (folder) => {
    const path = join(folder, WEIGHTS.vae);
    await editWeights(path, (tensors) => {
      tensors["encoder.conv_in.bias"] = {
        dtype: "I32",
        shape: [16],
        data: new Uint8Array(64),
      };
    });
    await assert.rejects(openModelFolder(folder), {
      name: "TypeError",
      message:
        `Cannot load encoder.conv_in.bias from ${path} as it must be F32, F16 or BF16: got I32`,
    });
    await editWeights(path, (tensors) => {
      tensors["encoder.conv_in.bias"] = { ...X, shape: [1, 1] };
    });
    await assert.rejects(openModelFolder(folder), {
      name: "WeightError",
      message:
        `Cannot use weight "encoder.conv_in.bias" of "${path}" as its shape must be [16]: got [1, 1]`,
    });
    await editWeights(path, (tensors) => {
      delete tensors["encoder.conv_in.bias"];
    });
    await assert.rejects(openModelFolder(folder), {
      name: "WeightError",
      message:
        `Cannot find weight "encoder.conv_in.bias" in "${path}": nearest is "decoder.conv_in.bias"`,
    });
  });
});
