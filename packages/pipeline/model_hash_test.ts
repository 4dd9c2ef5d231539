import { type ModelFolder, modelHash } from "@edit-transfer/pipeline";
import { writeSafetensors } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import {
  appendFile,
  cp,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import {
  editWeights,
  readTensors,
  WEIGHTS,
  withCopy,
} from "./_test_model_copy.ts";
import { inLayout, MICRO, withSingleFiles } from "./_test_single_files.ts";
import { encoderIdentity } from "./encoder_identity.ts";
import { openModelFolder } from "./model_folder.ts";

const CPU = { kind: "cpu", name: "cpu" } as const;

/** Everything that a model is known by. */
async function identities(path: string): Promise<string[]> {
  await using model: ModelFolder = await openModelFolder(path);
  return [
    await modelHash(path),
    await modelHash(path, { parts: "latents" }),
    await modelHash(path, { parts: "text" }),
    await encoderIdentity(model, CPU),
  ];
}

/** Which of the identities are others now. */
async function changed(path: string, before: readonly string[]) {
  const now = await identities(path);
  const names = ["all", "latents", "text", "encoders"];
  return names.filter((_, i) => now[i] !== before[i]);
}

const ONE = { dtype: "F32", shape: [1], data: Float32Array.of(1) } as const;
const LORA = {
  "transformer.single_transformer_blocks.0.attn.to_q.lora_A.weight": ONE,
};

Deno.test("modelHash() of the embedded model is that of all its records", async () => {
  assert.deepEqual([
    await modelHash(MICRO),
    await modelHash(MICRO, { parts: "latents" }),
    await modelHash(MICRO, { parts: "text" }),
  ], [
    "08b5ada8d0e564a6421866efbd9348e003c04a378c3fde8ae65330d49143d802",
    "31039c26d9b141d59bf12f38ea1d6e085c98e21bb6bf91d95c4cf56168e8dc77",
    "73243571414cff2466e802dfb419dd8f8982f9258f61ce93eeb1e237f444963d",
  ]);
});

Deno.test("what lies beside a folder's files changes no identity, what is in them does", async () => {
  await withCopy(async (folder) => {
    const at = (path: string) => join(folder, path);
    const before = await identities(folder);
    for (const path of Object.values(WEIGHTS)) {
      await cp(at(path), at(path.replace(".safe", ".fp16.safe")));
      await writeSafetensors(at(join(path, "../lora.safetensors")), LORA);
      await writeFile(at(join(path, "../README.txt")), "a note");
    }
    for (const part of ["tokenizer", "tokenizer_2", "scheduler"]) {
      await writeFile(at(`${part}/notes.txt`), "a note");
      await writeFile(at(`${part}/more.json`), "{}");
    }
    await writeFile(at("tokenizer/tokenizer.json"), "{}"); // not read either
    await writeSafetensors(at("flux1-dev.safetensors"), LORA);
    assert.deepEqual(await changed(folder, before), []);

    const first = async (part: keyof typeof WEIGHTS) => {
      await editWeights(at(WEIGHTS[part]), (tensors) => {
        const [name] = Object.keys(tensors);
        const data = Uint8Array.from(tensors[name!]!.data as Uint8Array);
        data[0]! ^= 1;
        tensors[name!] = { ...tensors[name!]!, data };
      });
    };
    const now = await identities(folder);
    await first("vae");
    assert.deepEqual(await changed(folder, now), ["all", "latents"]);
    await first("transformer");
    assert.deepEqual(await changed(folder, now), ["all", "latents"]);
    await first("t5");
    assert.deepEqual(await changed(folder, now), [
      "all",
      "latents",
      "text",
      "encoders",
    ]);
  });
});

Deno.test("each file of a tokeniser that is read counts", async () => {
  await withCopy(async (folder) => {
    for (
      const path of [
        "tokenizer/merges.txt",
        "tokenizer/tokenizer_config.json",
        "tokenizer_2/tokenizer.json",
        "tokenizer_2/special_tokens_map.json",
      ]
    ) {
      const before = await identities(folder);
      await appendFile(join(folder, path), "\n");
      assert.deepEqual(await changed(folder, before), [
        "all",
        "text",
        "encoders",
      ], path);
    }
  });
});

Deno.test("shards count that the index lists, and no others", async () => {
  await withCopy(async (folder) => {
    const whole = join(folder, WEIGHTS.t5);
    const tensors = await readTensors(whole);
    const shard = "model-00001-of-00001.safetensors";
    const weight_map = Object.fromEntries(
      Object.keys(tensors).map((name) => [name, shard]),
    );
    await rename(whole, join(folder, "text_encoder_2", shard));
    await writeFile(`${whole}.index.json`, JSON.stringify({ weight_map }));
    const before = await identities(folder);
    const other = "model-00002-of-00002.safetensors";
    await writeSafetensors(join(folder, "text_encoder_2", other), LORA);
    assert.deepEqual(await changed(folder, before), []);
    await editWeights(join(folder, "text_encoder_2", shard), (tensors) => {
      tensors["spiece_model"] = ONE;
    }).catch(() => {});
    await writeFile(
      `${whole}.index.json`,
      JSON.stringify({ weight_map: { ...weight_map, spiece_model: shard } }),
    );
    assert.deepEqual(await changed(folder, before), [
      "all",
      "text",
      "encoders",
    ]);
  });
});

Deno.test("single files count where they are used", async () => {
  const files = {
    "ae.safetensors": await inLayout("vae"),
    "clip_l.safetensors": await inLayout("clip"),
    "flux1-dev.safetensors": await inLayout("transformer"),
    "t5xxl.safetensors": await inLayout("t5"),
  };
  await withSingleFiles({ files }, async (folder) => {
    const named = join(folder, "flux1-dev.safetensors");
    const before = await identities(named);
    const whole = await identities(folder);
    await writeSafetensors(join(folder, "my_lora.safetensors"), LORA);
    await writeFile(join(folder, "readme.md"), "a note");
    assert.deepEqual(await changed(named, before), []);
    assert.deepEqual(await changed(folder, whole), []);
    await cp(named, join(folder, "flux1-schnell.safetensors"));
    assert.deepEqual(await changed(named, before), []);
    const vae = join(folder, "ae.safetensors");
    await writeSafetensors(vae, files["ae.safetensors"], {
      metadata: { by: "me" },
    });
    assert.deepEqual(await changed(named, before), ["all", "latents"]);
  });
});

Deno.test("a link to nothing is no file, and no absence of one", async () => {
  for (
    const path of [
      ...Object.values(WEIGHTS),
      "vae/config.json",
      "scheduler/scheduler_config.json",
      "tokenizer_2/special_tokens_map.json",
      "model_index.json",
    ]
  ) {
    await withCopy(async (folder) => {
      const at = join(folder, path);
      // a variant that is there does not stand for it
      await rename(at, at.replace(".safetensors", ".fp16.safetensors"));
      await rm(at, { force: true });
      await symlink("../../blobs/0123", at);
      await assert.rejects(modelHash(folder), {
        message:
          `Cannot read "${at}" as it must be a file: got a link to "../../blobs/0123", where there is none; get it again`,
      });
    });
  }
});
