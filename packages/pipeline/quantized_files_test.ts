import {
  loadPipeline,
  openModelFolder,
  openTransformerWeights,
  prepareEdit,
} from "@edit-transfer/pipeline";
import { openDevice } from "@edit-transfer/tensor";
import { assertRelative } from "@edit-transfer/testing";
import {
  openSafetensors,
  type TensorData,
  type WeightSource,
  widen,
  widenWeights,
  writeSafetensors,
} from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  editJson,
  editWeights,
  readTensors,
  WEIGHTS,
  withCopy,
} from "./_test_model_copy.ts";
import { asFp8, asNf4 } from "./_test_quantized.ts";
import { inLayout, withSingleFiles } from "./_test_single_files.ts";

type Tensors = Record<string, TensorData>;
const PARTS = ["transformer", "t5"] as const;
const FORMS: Record<string, (tensors: Tensors) => Tensors> = {
  "plain fp8": (tensors) => asFp8(tensors, "all"),
  "fp8 in its matrices": (tensors) => asFp8(tensors, "matrices"),
  "NF4": asNf4,
};

/** Values of all arrays. */
async function valuesOf(source: WeightSource) {
  const values: Record<string, unknown> = {};
  for (const name of [...source.names()].sort()) {
    const { dtype, shape } = source.info(name);
    values[name] = { shape, values: widen(await source.read(name), dtype) };
  }
  return values;
}

for (const [form, change] of Object.entries(FORMS)) {
  Deno.test(`a diffusers folder in ${form} has the values of the file`, async () => {
    await withCopy(async (folder) => {
      for (const part of PARTS) {
        const path = join(folder, WEIGHTS[part]);
        await writeSafetensors(path, change(await readTensors(path)));
        await using file = await widenWeights(await openSafetensors(path));
        await using model = await openModelFolder(folder);
        assert.deepEqual(
          await valuesOf(model[part].weights),
          await valuesOf(file),
        );
      }
      await using weights = await openTransformerWeights(folder);
      assert.deepEqual(weights.info("proj_out.weight").shape, [64, 192]);
    });
  });

  Deno.test(`a single file in ${form} has the values of the folder's`, async () => {
    const files = {
      "flux1-dev.safetensors": change(
        await inLayout("transformer", "model.diffusion_model."),
      ),
      "ae.safetensors": await inLayout("vae"),
      "clip_l.safetensors": await inLayout("clip"),
      "t5xxl.safetensors": change(await inLayout("t5")),
    };
    await withCopy(async (folder) => {
      for (const part of PARTS) {
        const path = join(folder, WEIGHTS[part]);
        await writeSafetensors(path, change(await readTensors(path)));
      }
      await using expected = await openModelFolder(folder);
      await withSingleFiles({ files }, async (single) => {
        await using model = await openModelFolder(single);
        for (const part of PARTS) {
          assert.deepEqual(
            await valuesOf(model[part].weights),
            await valuesOf(expected[part].weights),
          );
        }
      });
    });
  });
}

Deno.test("an edit with blocks of NF4 is that with their values", async () => {
  using device = await openDevice("cpu", { threads: 1 });
  const grey = (level: number) => ({
    width: 64,
    height: 64,
    data: new Uint8Array(64 * 64 * 3).fill(level),
  });
  const run = async (path: string, dtype: string) => {
    await using pipeline = await loadPipeline(path, { device });
    using prepared = await prepareEdit(pipeline, {
      before: grey(60),
      after: grey(120),
      query: grey(180),
    });
    const linears = (await pipeline.transformer()).linears();
    const { weight } = linears.get("single_transformer_blocks.0.attn.to_q")!;
    assert.equal(weight.dtype, dtype);
    return (await prepared.run({ seed: 1, steps: 1 })).latents;
  };
  await withCopy(async (folder) => {
    const path = join(folder, WEIGHTS.transformer);
    await writeSafetensors(path, asNf4(await readTensors(path)));
    const packed = await run(folder, "nf4");
    const wide: Tensors = {};
    {
      await using source = await widenWeights(await openSafetensors(path));
      for (const name of source.names()) {
        const { dtype, shape } = source.info(name);
        wide[name] = { dtype, shape, data: await source.read(name) };
      }
    }
    await writeSafetensors(path, wide);
    assertRelative(packed, await run(folder, "bf16"), 1e-5);
  });
});

const X: TensorData = { dtype: "F32", shape: [1], data: Float32Array.of(0) };
const TAKE = "take the model in bf16, fp8, NF4 or GGUF instead";
const FOREIGN: [string, string][] = [
  ["attn.to_q.wscales", "4 bits of nunchaku (SVDQuant)"],
  ["attn.to_q.SCB", "8 bits of bitsandbytes (LLM.int8)"],
  ["attn.to_q.weight._data", "quanto's"],
  ["attn.to_q.weight_scale_2", "NVFP4"],
  ["attn.to_q.weight_quantizer._amax", "NVFP4"],
  ["attn.to_q.weight_qdata", "torchao's"],
  ["attn.to_q.qzeros", "4 bits of GPTQ or AWQ"],
  ["attn.to_q.svd_up", "SDNQ's"],
];

for (const [name, scheme] of FOREIGN) {
  Deno.test(`weights with ${name} are named: ${scheme}`, async () => {
    const tells = `"transformer_blocks.0.${name}" tells; ${TAKE}`;
    const foreign = { [`transformer_blocks.0.${name}`]: X };
    await withCopy(async (folder) => {
      const path = join(folder, WEIGHTS.transformer);
      await editWeights(path, (tensors) => Object.assign(tensors, foreign));
      await assert.rejects(openModelFolder(folder), {
        name: "FormatError",
        message:
          `Cannot read "${path}" as its weights must be floats, fp8, or NF4 and FP4 of ` +
          `bitsandbytes: got ${scheme}, as ${tells}`,
      });
    });
    const files = {
      "ae.safetensors": await inLayout("vae"),
      "clip_l.safetensors": await inLayout("clip"),
      "t5xxl.safetensors": await inLayout("t5"),
      "other.safetensors": foreign,
    };
    const got = `weights in ${scheme}, as ${tells}`;
    await withSingleFiles({ files }, async (folder) => {
      await assert.rejects(openModelFolder(folder), {
        message:
          `Cannot use model "${folder}" as it must hold a FLUX.1 transformer, ` +
          `e.g. flux1-dev.safetensors or a .gguf: got "other.safetensors" is ${got}`,
      });
      const whole = await inLayout("transformer");
      await writeSafetensors(join(folder, "flux1-dev.safetensors"), whole);
      const path = join(folder, "other.safetensors");
      await assert.rejects(openModelFolder(path), {
        message:
          `Cannot use "${path}" as it must hold a part of FLUX.1: got ${got}`,
      });
      await using _ = await openModelFolder(folder);
    });
  });
}

const CONFIGS: [Record<string, unknown>, string][] = [
  [
    { quant_method: "bitsandbytes", load_in_8bit: true },
    "8 bits of bitsandbytes (LLM.int8)",
  ],
  [{ quant_method: "quanto", weights_dtype: "float8" }, "quanto (float8)"],
  [{ quant_method: "torchao", quant_type: "int8wo" }, "torchao (int8wo)"],
  [
    { quant_method: "modelopt", quant_type: "NVFP4" },
    "NVIDIA's ModelOpt (NVFP4)",
  ],
  [{ quant_method: "nunchaku" }, "4 bits of nunchaku (SVDQuant)"],
  [{ quant_method: "gguf" }, "GGUF, whose file has to be named itself"],
  [{ quant_method: "gptq", bits: 4 }, "GPTQ"],
  [{ quant_method: "fbgemm_fp8" }, '"fbgemm_fp8"'],
  [{ bits: 4 }, '{"bits":4}'],
];

for (const [config, got] of CONFIGS) {
  Deno.test(`a quantization_config of ${JSON.stringify(config)} is named`, async () => {
    for (const part of ["transformer", "text_encoder_2"]) {
      await withCopy(async (folder) => {
        const path = join(folder, part, "config.json");
        await editJson(path, (json) => json.quantization_config = config);
        await assert.rejects(openModelFolder(folder), {
          name: "FormatError",
          message:
            `Cannot read "${path}" as its quantization_config must be 4 bits of bitsandbytes: ` +
            `got ${got}; ${TAKE}`,
        });
      });
    }
  });
}

Deno.test("a quantization_config of 4 bits of bitsandbytes is read", async () => {
  await withCopy(async (folder) => {
    const path = join(folder, WEIGHTS.transformer);
    await writeSafetensors(path, asNf4(await readTensors(path)));
    for (
      const quantization_config of [{
        quant_method: "bitsandbytes",
        load_in_4bit: true,
      }, null]
    ) {
      await editJson(join(path, "../config.json"), (json) => {
        Object.assign(json, { quantization_config });
      });
      await using model = await openModelFolder(folder);
      assert.equal(
        model.transformer.weights.info("proj_out.weight").dtype,
        "BF16",
      );
    }
  });
});
