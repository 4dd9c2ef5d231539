import { type Device, ParameterReader } from "@edit-transfer/tensor";
import { readGolden } from "@edit-transfer/testing";
import { memoryWeights, type WeightSource } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { forEachDevice } from "../tensor/_test_devices.ts";
import { attach } from "./_test_branches.ts";
import { groups } from "./_test_groups.ts";
import { goldenCase } from "./_test_model.ts";
import { parseFluxConfig } from "./config.ts";
import { FluxTransformer } from "./flux_transformer.ts";

const PATTERNS = {
  "no block": [false, false, false, false],
  "some blocks": [false, true, true, false],
  "all blocks": [true, true, true, true],
};

/** Weights of the golden's model; reading some can be refused, or counted. */
function tinyWeights(onRead: (name: string) => void = () => {}): WeightSource {
  const { arrays, shapes } = readGolden("dit/tiny");
  const source = memoryWeights(Object.fromEntries(
    Object.entries(arrays).map(([name, data]) => [
      name,
      { dtype: "F32", shape: shapes[name]!, data },
    ]),
  ));
  return {
    path: source.path,
    metadata: source.metadata,
    names: () => source.names(),
    has: (name) => source.has(name),
    info: (name) => source.info(name),
    async read(name) {
      await new Promise((resolve) => setTimeout(resolve, 0)); // as of a file
      onRead(name);
      return await source.read(name);
    },
    close: () => source.close(),
    [Symbol.asyncDispose]: () => source.close(),
  };
}

async function tinyModel(
  device: Device,
  resident?: readonly boolean[],
  source = tinyWeights(),
): Promise<FluxTransformer> {
  const { metadata } = readGolden("dit/tiny");
  const config = { ...JSON.parse(metadata.config!), guidance_embeds: true };
  return await FluxTransformer.load(
    new ParameterReader(device, source),
    parseFluxConfig(config, "tiny"),
    { resident },
  );
}

for (const [name, resident] of Object.entries(PATTERNS)) {
  forEachDevice(
    `FluxTransformer#velocity() gives the bytes of forward() with ${name} resident`,
    async (device) => {
      const { inputs } = goldenCase(device, "guidance");
      using _ = inputs;
      using whole = await tinyModel(device);
      using streamed = await tinyModel(device, resident);
      for (const branches of [false, true]) {
        using _1 = branches ? attach(whole, device) : undefined;
        using _2 = branches ? attach(streamed, device) : undefined;
        using expected = whole.forward(inputs);
        using through = await whole.velocity(inputs);
        assert.deepEqual(await through.data(), await expected.data());
        for (let step = 0; step < 2; step++) {
          using velocity = await streamed.velocity(inputs);
          assert.deepEqual(await velocity.data(), await expected.data());
        }
      }
      for (const model of [whole, streamed]) {
        for (const { branches } of model.linears().values()) {
          branches.splice(0);
        }
      }
      using none = await streamed.velocity(inputs);
      using expected = whole.forward(inputs);
      assert.deepEqual(await none.data(), await expected.data());
    },
  );
}

forEachDevice(
  "FluxTransformer#velocity() has one block that does not stay at a time",
  async (device) => {
    const { inputs } = goldenCase(device, "guidance");
    using _ = inputs;
    const reads: string[] = [];
    const source = tinyWeights((name) => reads.push(name));
    using model = await tinyModel(device, PATTERNS["no block"], source);
    const { blockBytes } = model;
    const path = /^transformer_blocks\.0\./;
    const sizes = [...source.names()].filter((name) => path.test(name))
      .map((name) => source.info(name).sizeBytes);
    assert.equal(blockBytes[0], sizes.reduce((a, b) => a + b));
    assert.ok(reads.every((name) => !name.includes("blocks")));
    assert.equal(model.linears().size, 40 + 10);

    const before = device.memory.tensors;
    using _v = await model.velocity(inputs);
    assert.equal(device.memory.tensors, before + 3); // positions, velocity
    const inBlocks = reads.filter((name) => name.includes("blocks"));
    const passed = inBlocks.map((name) => source.info(name).sizeBytes);
    assert.equal(
      passed.reduce((a, b) => a + b),
      blockBytes.reduce((a, b) => a + b),
    );
  },
);

forEachDevice(
  "FluxTransformer#velocity() frees all but what stays when it is stopped",
  async (device) => {
    const { inputs } = goldenCase(device, "guidance");
    using _ = inputs;
    const stop = new AbortController();
    let reads = 0;
    const source = tinyWeights((name) => {
      if (!name.includes("blocks.1.attn")) return;
      if (++reads === 3) stop.abort();
    });
    using model = await tinyModel(device, PATTERNS["no block"], source);
    using first = await model.velocity(inputs, {
      signal: new AbortController().signal,
    });
    const { tensors } = device.memory;
    reads = 0;
    await assert.rejects(
      model.velocity(inputs, { signal: stop.signal }),
      { name: "AbortError" },
    );
    assert.equal(device.memory.tensors, tensors);
    using again = await model.velocity(inputs);
    assert.deepEqual(await again.data(), await first.data());
  },
);

forEachDevice(
  "FluxTransformer#velocity() frees all but what stays when a block cannot be read",
  async (device) => {
    const { inputs } = goldenCase(device, "guidance");
    using _ = inputs;
    let broken = true;
    const source = tinyWeights((name) => {
      if (broken && name.includes("single_transformer_blocks.0.proj_mlp")) {
        throw new Error("Cannot read weights as the disk is gone");
      }
    });
    using model = await tinyModel(device, PATTERNS["no block"], source);
    const { tensors } = device.memory;
    await assert.rejects(model.velocity(inputs), {
      message: "Cannot read weights as the disk is gone",
    });
    assert.equal(device.memory.tensors, tensors + 2); // positions
    broken = false;
    using velocity = await model.velocity(inputs);
    assert.equal(velocity.shape.length, 3);
  },
);

forEachDevice(
  "FluxTransformer#forward() refuses to run without its blocks",
  async (device) => {
    const { inputs } = goldenCase(device, "guidance");
    using _ = inputs;
    using model = await tinyModel(device, PATTERNS["some blocks"]);
    assert.throws(() => model.forward(inputs), {
      message:
        "Cannot run FluxTransformer at once as all blocks must be on the device: got transformer_blocks.0 on disk; use velocity()",
    });
    await assert.rejects(tinyModel(device, [true]), {
      name: "RangeError",
      message:
        "Cannot load FluxTransformer as it must be said of each of its 4 blocks whether it stays: got 1",
    });
  },
);

for (const [name, resident] of Object.entries(PATTERNS)) {
  forEachDevice(
    `FluxTransformer#keep() gives the same bytes with ${name} resident`,
    async (device) => {
      using whole = await tinyModel(device);
      using streamed = await tinyModel(device, resident);
      using tokens = groups(device, 1);
      const { once, answer } = tokens;
      using a = await whole.keep(once);
      using b = await streamed.keep(once);
      using expected = await whole.velocity({ ...answer, kept: [a] });
      using actual = await streamed.velocity({ ...answer, kept: [b] });
      assert.deepEqual(await actual.data(), await expected.data());
    },
  );
}
