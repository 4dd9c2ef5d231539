import { type Device, ParameterReader, Tensor } from "@edit-transfer/tensor";
import {
  assertRelative,
  randomArray,
  readGolden,
  relativeError,
} from "@edit-transfer/testing";
import { memoryWeights } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { forEachDevice } from "../tensor/_test_devices.ts";
import { goldenCase, microModel, tinyModel } from "./_test_model.ts";
import { parseFluxConfig } from "./config.ts";
import { FluxTransformer } from "./flux_transformer.ts";

// f32 rounds to 6e-8; sums of up to 1000 terms through up to 5 blocks stay
// within 1e-5 of the reference.
const LIMIT = 1e-5;

/** Compares each stage of a golden case. */
async function compareStages(
  device: Device,
  { model, name }: { model: FluxTransformer; name: string },
): Promise<void> {
  const { inputs, stages } = goldenCase(device, name);
  using _ = inputs;
  const actual = new Map<string, ReturnType<Tensor["data"]>>();
  using velocity = model.forward({
    ...inputs,
    onStage: (stage, tensor) => actual.set(stage, tensor.data()),
  });
  assert.deepEqual([...actual.keys()].sort(), [...stages.keys()].sort());
  const stageValues = await Promise.all(actual.values());
  for (const [i, stage] of [...actual.keys()].entries()) {
    try {
      assertRelative(stageValues[i]!, stages.get(stage)!, LIMIT);
    } catch (cause) {
      throw new Error(`Stage ${stage} of ${name} is off`, { cause });
    }
  }
  assertRelative(await velocity.data(), stages.get("proj_out")!, LIMIT);
}

forEachDevice(
  "FluxTransformer matches diffusers with guidance",
  async (device) => {
    using model = await tinyModel(device);
    await compareStages(device, { model, name: "guidance" });
  },
);

forEachDevice(
  "FluxTransformer matches diffusers with a guidance of 3.5",
  async (device) => {
    using model = await tinyModel(device);
    await compareStages(device, { model, name: "guidance_strong" });
  },
);

forEachDevice(
  "FluxTransformer matches diffusers on a batch without guidance",
  async (device) => {
    using model = await tinyModel(device, { guidance: false });
    await compareStages(device, { model, name: "batch" });
  },
);

forEachDevice(
  "FluxTransformer takes a timestep for each of a batch",
  async (device) => {
    using model = await tinyModel(device, { guidance: false });
    const { inputs } = goldenCase(device, "batch");
    using _ = inputs;
    const timesteps = [0.25, 0.875];
    using both = model.forward({ ...inputs, timestep: timesteps });
    const values = await both.data();
    const size = values.length / 2;
    for (const [i, timestep] of timesteps.entries()) {
      using one = model.forward({ ...inputs, timestep });
      const part = (all: ArrayLike<number>) =>
        Array.from(all).slice(i * size, (i + 1) * size);
      // the same sums, tiled otherwise where rows are fewer
      assertRelative(part(values), part(await one.data()), LIMIT);
    }
    assert.throws(
      () => model.forward({ ...inputs, timestep: [1, 1, 1] }),
      {
        message:
          "Cannot run FluxTransformer as there must be one timestep or 2: got 3",
      },
    );
  },
);

forEachDevice(
  "FluxTransformer matches diffusers with widened weights",
  async (device) => {
    using model = await tinyModel(device, { linearDType: "f32" });
    const linear = model.linears().get("transformer_blocks.0.attn.to_q")!;
    assert.equal(linear.weight.dtype, "f32");
    await compareStages(device, { model, name: "guidance" });
  },
);

forEachDevice(
  "FluxTransformer matches diffusers on the embedded model",
  async (device) => {
    using model = await microModel(device);
    await compareStages(device, { model, name: "micro" });
  },
);

forEachDevice(
  "FluxTransformer#forward() follows new positions",
  async (device) => {
    using model = await tinyModel(device);
    const { inputs, stages } = goldenCase(device, "guidance");
    using _ = inputs;
    const { imgIds } = inputs;
    const flipped = imgIds.toReversed();
    using other = model.forward({ ...inputs, imgIds: flipped });
    const error = relativeError(await other.data(), stages.get("proj_out")!);
    assert.ok(error > 1e-3, `positions do not matter: ${error}`);

    const txtIds = inputs.txtIds!.map(() => [0, 5, 0]);
    using shifted = model.forward({ ...inputs, txtIds });
    const shift = relativeError(await shifted.data(), stages.get("proj_out")!);
    assert.ok(shift > 1e-3, `positions of text do not matter: ${shift}`);

    flipped.reverse(); // the same array with other positions
    using back = model.forward({ ...inputs, imgIds: flipped });
    assertRelative(await back.data(), stages.get("proj_out")!, LIMIT);
  },
);

forEachDevice(
  "FluxTransformer#linears() takes part in forward",
  async (device) => {
    using model = await tinyModel(device);
    const { inputs, stages } = goldenCase(device, "guidance");
    using _ = inputs;
    for (const [path, linear] of model.linears()) {
      const [out, input] = linear.weight.shape as [number, number];
      using A = Tensor.from(device, randomArray(1, input), {
        shape: [1, input],
      });
      using B = Tensor.from(device, randomArray(2, out), { shape: [out, 1] });
      linear.branches.push({ A, B, scale: 0.5 });
      using velocity = model.forward(inputs);
      linear.branches.pop();
      const error = relativeError(
        await velocity.data(),
        stages.get("proj_out")!,
      );
      assert.ok(error > 1e-3, `branch of ${path} has no effect: ${error}`);
    }
  },
);

forEachDevice(
  "FluxTransformer#linears() names the layers as LoRA files do",
  async (device) => {
    using model = await tinyModel(device);
    const double =
      "attn.to_q attn.to_k attn.to_v attn.to_out.0 attn.add_q_proj " +
      "attn.add_k_proj attn.add_v_proj attn.to_add_out ff.net.0.proj ff.net.2 " +
      "ff_context.net.0.proj ff_context.net.2 norm1.linear norm1_context.linear";
    const single =
      "attn.to_q attn.to_k attn.to_v proj_mlp proj_out norm.linear";
    const expected = [0, 1].flatMap((i) => [
      ...double.split(" ").map((name) => `transformer_blocks.${i}.${name}`),
      ...single.split(" ").map((name) =>
        `single_transformer_blocks.${i}.${name}`
      ),
    ]);
    const outside = [
      "x_embedder",
      "context_embedder",
      ...["timestep", "guidance", "text"].flatMap((name) =>
        [1, 2].map((i) => `time_text_embed.${name}_embedder.linear_${i}`)
      ),
      "norm_out.linear",
      "proj_out",
    ];
    assert.deepEqual(
      [...model.linears().keys()].sort(),
      [...expected, ...outside].sort(),
    );
    const gains = ["norm_q", "norm_k", "norm_added_q", "norm_added_k"];
    assert.deepEqual(
      [...model.layers().keys()].filter((key) => !model.linears().has(key))
        .sort(),
      [0, 1].flatMap((i) => [
        ...gains.map((name) => `transformer_blocks.${i}.attn.${name}`),
        ...gains.slice(0, 2).map((name) =>
          `single_transformer_blocks.${i}.attn.${name}`
        ),
      ]).sort(),
    );
  },
);

forEachDevice(
  "FluxTransformer.load() uses every parameter of the file",
  async (device) => {
    const { arrays, shapes, metadata } = readGolden("dit/tiny");
    const source = memoryWeights(
      Object.fromEntries(
        Object.entries(arrays).map(([name, data]) => [
          name,
          { dtype: "F32", shape: shapes[name]!, data },
        ]),
      ),
    );
    const reader = new ParameterReader(device, source);
    const config = { ...JSON.parse(metadata.config!), guidance_embeds: true };
    using _ = await FluxTransformer.load(
      reader,
      parseFluxConfig(config, "tiny"),
    );
    assert.deepEqual(reader.unused(), []);
  },
);

forEachDevice(
  "FluxTransformer.load() frees what it loaded before a failure",
  async (device) => {
    const { arrays, shapes, metadata } = readGolden("dit/tiny");
    const record = Object.fromEntries(
      Object.entries(arrays).map(([name, data]) => [
        name,
        { dtype: "F32" as const, shape: shapes[name]!, data },
      ]),
    );
    delete record["single_transformer_blocks.1.proj_out.weight"];
    const reader = new ParameterReader(device, memoryWeights(record));
    const config = { ...JSON.parse(metadata.config!), guidance_embeds: true };
    const before = device.memory.tensors;
    await assert.rejects(
      FluxTransformer.load(reader, parseFluxConfig(config, "tiny")),
      /single_transformer_blocks\.1\.proj_out\.weight/,
    );
    assert.equal(device.memory.tensors, before);
  },
);

forEachDevice(
  "FluxTransformer#forward() refuses what does not fit",
  async (device) => {
    using model = await tinyModel(device);
    const { inputs } = goldenCase(device, "guidance");
    using _ = inputs;
    const { guidance: _guidance, ...unguided } = inputs;
    assert.throws(() => model.forward(unguided), {
      name: "TypeError",
      message:
        "Cannot run FluxTransformer as the model embeds a guidance scale: got none",
    });
    assert.throws(() => model.forward({ ...inputs, txt: inputs.img }), {
      name: "ShapeError",
      message:
        "Cannot run FluxTransformer as img must be [B, I, 16], txt [B, T, 20] and pooled [B, 10]: " +
        "got img [1, 12, 16], txt [1, 12, 16], pooled [1, 10]",
    });
    assert.throws(
      () => model.forward({ ...inputs, imgIds: inputs.imgIds.slice(1) }),
      /imgIds must be \[I, 3\] and txtIds \[T, 3\]: .* imgIds \[11, 3\]/,
    );
  },
);
