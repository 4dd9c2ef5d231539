import { convertModel, type ConvertType } from "@edit-transfer/convert";
import { hashFile } from "@edit-transfer/files";
import { decodeImage } from "@edit-transfer/image";
import {
  loadPipeline,
  type ModelFolder,
  openModelFolder,
  prepareEdit,
} from "@edit-transfer/pipeline";
import { openDevice, Tensor } from "@edit-transfer/tensor";
import {
  assertRelative,
  nameRunningTest,
  readGolden,
} from "@edit-transfer/testing";
import {
  quantize,
  type QuantizeType,
  readStored,
  widen,
} from "@edit-transfer/weights";
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import assert from "node:assert/strict";

const fixture = (path: string) =>
  fileURLToPath(new URL(`../../fixtures/${path}`, import.meta.url));
const MICRO = fixture("../models/micro");
const LORA = [{
  path: fixture("../models/micro/lora/edit_transfer.safetensors"),
}];
const ROLES = ["transformer", "vae", "clip", "t5"] as const;

/** Calls `body` with a new folder, which is deleted afterwards. */
async function inFolder(body: (folder: string) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), "convert-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Digests of all files below a folder. */
async function digests(folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const entries = await readdir(folder, {
    recursive: true,
    withFileTypes: true,
  });
  for (const entry of entries) {
    if (entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name);
    found.set(path.slice(folder.length), await hashFile(path));
  }
  return new Map([...found].sort());
}

/** Names of a part as diffusers has them, CLIP's as of transformers 4. */
const ownName = (
  model: ModelFolder,
  role: typeof ROLES[number],
  name: string,
) =>
  [name, name.replace(/^text_model\./, "")]
    .find((n) => model[role].weights.has(n))!;

/** Types of a conversion, and how far an array in it is off at most and at least. */
const MADE = {
  q8_0: { Q8_0: [7e-3, 4e-3] },
  q4_0: { Q4_0: [0.12, 0.07] },
  // of 192 columns, all but one
  q4_k: { Q4_1: [0.09, 0.06], Q5_1: [0.045, 0.025], Q5_K: [0.045, 0.025] },
} as const;

for (const type of ["q8_0", "q4_0", "q4_k"] as const) {
  const limits: Partial<Record<string, readonly [number, number]>> = MADE[type];

  Deno.test(`convertModel() writes ${type} blocks of what is not kept`, async () => {
    await inFolder(async (folder) => {
      const output = join(folder, "out");
      const arrays = await convertModel(MICRO, { output, type });
      await using from = await openModelFolder(MICRO);
      await using to = await openModelFolder(output);
      const quantized = new Set<string>();
      for (const role of ROLES) {
        assert.deepEqual(to[role].config, from[role].config);
        for (const name of to[role].weights.names()) {
          const own = ownName(from, role, name);
          const { dtype } = from[role].weights.info(own);
          const x = widen(await from[role].weights.read(own), dtype);
          const info = to[role].weights.info(name);
          if (info.stored === undefined) {
            const got = widen(await to[role].weights.read(name), info.dtype);
            assert.deepEqual(got, x, name);
          } else {
            const stored = info.stored.type as QuantizeType;
            assert.ok(stored in limits, stored);
            assert.deepEqual(
              await readStored(to[role].weights, name),
              quantize(x, stored),
              name,
            );
            quantized.add(name.replaceAll(/\d+/g, "i"));
          }
        }
      }
      assert.ok(quantized.has("single_transformer_blocks.i.proj_mlp.weight"));
      assert.ok(
        quantized.has("encoder.block.i.layer.i.DenseReluDense.wo.weight"),
      );
      for (const name of quantized) {
        assert.doesNotMatch(
          name,
          /norm|embed|shared|bias|proj_out\.weight$(?<!blocks.i.proj_out.weight)/,
        );
      }
      assert.deepEqual(to.scheduler, from.scheduler);
      const found = new Set<string>();
      for (const { name, relativeRms, type: stored } of arrays) {
        const [most, least] = limits[stored] ?? [0, 0];
        assert.ok(
          relativeRms <= most && relativeRms >= least,
          `${name} ${stored} ${relativeRms}`,
        );
        if (stored in limits) found.add(stored);
      }
      assert.deepEqual([...found].sort(), Object.keys(limits).sort());
    });
  });
}

/** Tokens of the panel that is drawn, of tokens [8 × 8, 64] of all four. */
function fourthPanel(tokens: Float32Array): Float32Array {
  return tokens.filter((_, i) => {
    const token = Math.floor(i / 64);
    return token % 8 >= 4 && Math.floor(token / 8) >= 4;
  });
}

/** Velocities of a model with the LoRA at some noise levels of a golden edit. */
async function velocities(path: string, sigmas: readonly number[]) {
  const { arrays, shapes } = readGolden("edit/edit_42");
  using device = await openDevice("cpu");
  await using pipeline = await loadPipeline(path, { device, loras: LORA });
  const transformer = await pipeline.transformer();
  const tensor = (values: Float32Array, name: string) =>
    Tensor.from(device, values, { shape: shapes[name]! });
  using txt = tensor(arrays.text!, "text");
  using pooled = tensor(arrays.pooled!, "pooled");
  const found: Float32Array[] = [];
  for (const sigma of sigmas) {
    const x = arrays.initial!.map((noise, i) =>
      sigma * noise + (1 - sigma) * arrays.after_all![i]!
    );
    using img = tensor(x, "initial");
    using velocity = transformer.forward({
      img,
      txt,
      pooled,
      timestep: sigma,
      guidance: 1,
      imgIds: Array.from({ length: 64 }, (_, i) => [0, i >> 3, i & 7]),
      txtIds: Array.from({ length: 32 }, () => [0, 0, 0]),
    });
    found.push(fourthPanel(await velocity.data() as Float32Array));
  }
  return found;
}

// on the embedded model; at σ 0.05, where little noise is left, 0.02 and 0.33
const LIMITS = {
  q8_0: { 1: 2e-2, 0.5: 2e-2, 0.25: 2e-2 },
  q4_k: { 1: 1e-1 },
} as const;

Deno.test("a converted model gives nearly the velocity of the whole one", async () => {
  await inFolder(async (folder) => {
    for (const [type, limits] of Object.entries(LIMITS)) {
      nameRunningTest(`velocity of a model converted to ${type}`);
      const sigmas = Object.keys(limits).map(Number);
      const whole = await velocities(MICRO, sigmas);
      const output = join(folder, type);
      await convertModel(MICRO, { output, type: type as ConvertType });
      const found = await velocities(output, sigmas);
      for (const [i, limit] of Object.values(limits).entries()) {
        const error = assertRelative(found[i]!, whole[i]!, limit);
        assert.ok(error > 1e-4, "nothing was quantised");
      }
    }
  });
});

Deno.test("an edit with a converted model looks like that of the whole one", async () => {
  const picture = (name: string) =>
    decodeImage(fixture(`demo/0000/${name}.png`));
  const { metadata } = readGolden("edit/edit_42");
  const edited = async (path: string) => {
    using device = await openDevice("cpu");
    await using pipeline = await loadPipeline(path, { device, loras: LORA });
    using prepared = await prepareEdit(pipeline, {
      before: await picture("source"),
      after: await picture("edited"),
      query: await picture("query"),
      prompt: metadata.prompt!,
    });
    const { image } = await prepared.run({ seed: 42, steps: 4 });
    return image.data;
  };
  await inFolder(async (folder) => {
    const whole = await edited(MICRO);
    for (const [type, levels] of [["q8_0", 0.5], ["q4_k", 6]] as const) {
      const output = join(folder, type);
      await convertModel(MICRO, { output, type });
      const off = (await edited(output))
        .reduce((sum, level, i) => sum + Math.abs(level - whole[i]!), 0);
      assert.ok(off / whole.length <= levels, `${type} ${off / whole.length}`);
      assert.ok(off > 0);
    }
  });
});

/** Stops a conversion once so many bytes are written. */
async function interrupted(output: string, bytes: number): Promise<void> {
  const controller = new AbortController();
  await assert.rejects(
    convertModel(MICRO, {
      output,
      type: "q8_0",
      recordBytes: 100_000,
      signal: controller.signal,
      onProgress(written) {
        if (written >= bytes) {
          controller.abort(new DOMException("Interrupted", "AbortError"));
        }
      },
    }),
    { name: "AbortError" },
  );
}

Deno.test("convertModel() goes on where it was interrupted, to the same bytes", async () => {
  await inFolder(async (folder) => {
    const whole = join(folder, "whole");
    await convertModel(MICRO, { output: whole, type: "q8_0" });
    const expected = await digests(whole);
    const output = join(folder, "out");
    const part = `${output}.part`;
    const progress = async () =>
      JSON.parse(await readFile(`${part}.json`, "utf8")).files;
    for (const bytes of [1, 2e6, 5.2e6, 5.6e6]) {
      await interrupted(output, bytes);
      assert.deepEqual(await readdir(folder), [
        "out.part",
        "out.part.json",
        "whole",
      ]);
    }
    const { arrays } = (await progress())["t5-Q8_0.gguf"];
    assert.ok(arrays > 0, "nothing was recorded");
    // bytes behind the record are not relied on, and leftovers are dropped
    const file = join(part, "t5-Q8_0.gguf.part");
    const bytes = await readFile(file);
    await writeFile(file, [bytes, new Uint8Array(1000).fill(7)]);
    await writeFile(join(part, ".0.tmp"), "");
    await convertModel(MICRO, { output, type: "q8_0" });
    assert.deepEqual(await digests(output), expected);
    assert.deepEqual(await readdir(folder), ["out", "whole"]);
  });
});

Deno.test("convertModel() relies on nothing of another plan, or of a file cut short", async () => {
  await inFolder(async (folder) => {
    const output = join(folder, "out");
    await convertModel(MICRO, { output, type: "q8_0" });
    const expected = await digests(output);
    await rm(output, { recursive: true });
    await interrupted(output, 2e6);
    await convertModel(MICRO, { output, type: "q4_0" });
    assert.ok((await readdir(output)).includes("transformer-Q4_0.gguf"));
    assert.ok(!(await readdir(output)).includes("transformer-Q8_0.gguf.part"));
    await rm(output, { recursive: true });
    await interrupted(output, 2e6);
    await writeFile(join(`${output}.part`, "transformer-Q8_0.gguf.part"), "x");
    await convertModel(MICRO, { output, type: "q8_0" });
    assert.deepEqual(await digests(output), expected);
  });
});

Deno.test("convertModel() replaces only what a conversion made, if asked to", async () => {
  await inFolder(async (folder) => {
    const output = join(folder, "out");
    const type = "q8_0";
    await mkdir(output);
    await assert.rejects(convertModel(MICRO, { output, type }), {
      message:
        `Cannot write "${output}" as the folder must be new: got 0 files; --force replaces what a conversion made`,
    });
    await writeFile(join(output, "mine.txt"), "x");
    await assert.rejects(convertModel(MICRO, { output, type, force: true }), {
      message:
        `Cannot replace "${output}" as it must be what a conversion made: got no "conversion.json" in it`,
    });
    await rm(join(output, "mine.txt"));
    await convertModel(MICRO, { output, type, force: true });
    await convertModel(MICRO, { output, type: "q4_0", force: true });
    assert.ok((await readdir(output)).includes("t5-Q4_0.gguf"));
    assert.deepEqual(await readdir(folder), ["out"]);

    const other = join(folder, "other");
    await mkdir(`${other}.part`);
    await writeFile(join(`${other}.part`, "mine.txt"), "x");
    await assert.rejects(convertModel(MICRO, { output: other, type }), {
      message:
        `Cannot write "${other}" as "${other}.part" must be free for what is not yet whole: got a folder that no conversion left`,
    });
    await assert.rejects(
      convertModel(MICRO, { output: join(folder, "no", "out"), type }),
      { message: /: there is no folder ".*no"$/ },
    );
  });
});

Deno.test("convertModel() follows rules, the first that matches", async () => {
  await inFolder(async (folder) => {
    const output = join(folder, "out");
    const arrays = await convertModel(MICRO, {
      output,
      type: "q8_0",
      rules: [
        ["double_blocks.*.img_mlp.*", "f16"],
        ["*_mlp.*", "q4_0"],
        ["single_blocks.0.linear1.weight", "q4_k"],
        ["single_blocks.1.linear1.weight", "q5_k"],
        ["final_layer.linear.weight", "q8_0"],
        ["*.query_norm.scale", "bf16"],
      ],
    });
    const types = Object.fromEntries(
      arrays.map(({ name, type }) => [name, type]),
    );
    assert.equal(types["double_blocks.0.img_mlp.0.weight"], "F16");
    assert.equal(types["double_blocks.0.img_mlp.0.bias"], "F16");
    assert.equal(types["double_blocks.0.txt_mlp.0.weight"], "Q4_0");
    assert.equal(types["double_blocks.0.txt_mlp.0.bias"], "F32");
    // 192 columns are no whole blocks of 256
    assert.equal(types["single_blocks.0.linear1.weight"], "Q4_1");
    assert.equal(types["single_blocks.1.linear1.weight"], "Q5_1");
    assert.equal(types["double_blocks.0.img_attn.qkv.weight"], "Q8_0");
    assert.equal(types["final_layer.linear.weight"], "Q8_0");
    assert.equal(types["single_blocks.0.norm.query_norm.scale"], "BF16");
    assert.equal(types["img_in.weight"], "BF16");
    const whole = await openModelFolder(output);
    await whole[Symbol.asyncDispose]();
    await assert.rejects(
      convertModel(MICRO, {
        output,
        type: "q8_0",
        force: true,
        rules: [["*.mpl.*", "f32"]],
      }),
      {
        name: "RangeError",
        message:
          /^Cannot convert as each rule must be about an array: got none like "\*\.mpl\.\*", names/,
      },
    );
  });
});

Deno.test("convertModel() gives back a converted model, block by block", async () => {
  await inFolder(async (folder) => {
    const once = join(folder, "once");
    const twice = join(folder, "twice");
    await convertModel(MICRO, { output: once, type: "q4_k" });
    // blocks as they are: nothing is rounded twice
    const arrays = await convertModel(once, { output: twice, type: "q4_k" });
    assert.ok(arrays.every(({ max }) => max === 0));
    for (const name of ["transformer-Q4_K.gguf", "t5-Q4_K.gguf"]) {
      assert.equal(
        await hashFile(join(twice, name)),
        await hashFile(join(once, name)),
      );
    }
    const wide = join(folder, "wide");
    await convertModel(once, { output: wide, type: "bf16" });
    await using model = await openModelFolder(wide);
    for (const name of model.transformer.weights.names()) {
      assert.equal(model.transformer.weights.info(name).stored, undefined);
    }
  });
});
