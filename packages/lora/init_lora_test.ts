import { initLora, readLora, resumeLora, saveLora } from "@edit-transfer/lora";
import { type Device, Linear, scope, Tensor } from "@edit-transfer/tensor";
import { randomArray } from "@edit-transfer/testing";
import { openSafetensors } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { forEachDevice } from "../tensor/_test_devices.ts";
import { lowRanks, testFolder } from "./_test_lora.ts";

const SHAPES: Record<string, [out: number, into: number]> = {
  "blocks.0.attn.to_q": [8, 8],
  "blocks.0.attn.to_k": [8, 8],
  "blocks.0.norm.linear": [24, 8],
  "blocks.1.ff.net.0.proj": [32, 8],
};

function openLayers(device: Device) {
  const layers = new Map(
    Object.entries(SHAPES).map(([path, shape], i) => [
      path,
      new Linear(
        Tensor.from(device, randomArray(i, shape[0] * shape[1]), { shape }),
      ),
    ]),
  );
  return {
    layers,
    [Symbol.dispose]() {
      for (const { weight } of layers.values()) weight.dispose();
    },
  };
}

async function outputs(layers: ReadonlyMap<string, Linear>) {
  const all = [];
  for (const layer of layers.values()) {
    using x = Tensor.from(layer.weight.device, randomArray(9, 24), {
      shape: [3, 8],
    });
    using y = layer.forward(x);
    all.push(await y.data());
  }
  return all;
}

forEachDevice("initLora() changes no bit of any output", async (device) => {
  using opened = openLayers(device);
  const before = await outputs(opened.layers);
  const { tensors } = device.memory;
  using lora = initLora(opened.layers, { rank: 4, alpha: 8, seed: 42 });
  assert.deepEqual(await outputs(opened.layers), before);
  assert.equal(device.memory.tensors, tensors + 8);
  assert.deepEqual(
    lora.names,
    Object.keys(SHAPES).flatMap((path) => [
      `${path}.lora_A.weight`,
      `${path}.lora_B.weight`,
    ]),
  );
  assert.deepEqual(
    lora.parameters().map(({ shape }) => shape),
    Object.values(SHAPES).flatMap(([out, into]) => [[4, into], [out, 4]]),
  );
  lora.dispose();
  lora.dispose();
  assert.equal(device.memory.tensors, tensors);
});

forEachDevice(
  "initLora() draws A by Kaiming from seed and path",
  async (device) => {
    using opened = openLayers(device);
    const draw = async (seed: number, targets?: string[]) => {
      using lora = initLora(opened.layers, {
        rank: 8,
        seed,
        ...targets && { targets },
      });
      return (await lora.download()).layers;
    };
    const all = await draw(42);
    const some = await draw(42, ["to_k"]);
    assert.deepEqual([...some.keys()], ["blocks.0.attn.to_k"]);
    assert.deepEqual(
      some.get("blocks.0.attn.to_k"),
      all.get("blocks.0.attn.to_k"),
    );
    const other = await draw(43);
    const values = [];
    for (const [path, { A, B, alpha, scaling }] of lowRanks({ layers: all })) {
      assert.deepEqual([alpha, scaling], [8, 1]);
      assert.ok(B.data.every((b) => Object.is(b, 0)));
      assert.ok(
        A.data.every((a) => Math.abs(a) <= Math.fround(1 / Math.sqrt(8))),
      );
      assert.notDeepEqual(A, lowRanks({ layers: other }).get(path)!.A);
      values.push(...A.data);
    }
    // 256 values of variance 1 / (3 · 8); 5 standard errors of mean and variance
    const mean = values.reduce((sum, a) => sum + a, 0) / values.length;
    const variance = values.reduce((sum, a) => sum + a * a, 0) / values.length;
    assert.equal(values.length, 256);
    assert.ok(Math.abs(mean) < 5 * Math.sqrt(1 / 24 / 256), `${mean}`);
    // the variance of a² is 4 / 45 · (1 / 8)²
    assert.ok(
      Math.abs(variance - 1 / 24) < 5 * Math.sqrt(4 / 45 / 256) / 8,
      `${variance}`,
    );
    assert.equal(new Set(values).size, 256);
  },
);

forEachDevice(
  "replace() puts new values in place and frees the old",
  async (device) => {
    using opened = openLayers(device);
    using lora = initLora(opened.layers, {
      rank: 2,
      alpha: 4,
      targets: ["to_q"],
      seed: 1,
    });
    const [A, B] = lora.parameters();
    const { tensors } = device.memory;
    scope(() =>
      lora.replace([
        A!,
        Tensor.from(device, new Float32Array(16).fill(1), { shape: [8, 2] }),
      ])
    );
    assert.deepEqual([A!.disposed, B!.disposed], [false, true]);
    assert.equal(device.memory.tensors, tensors);
    const branch = opened.layers.get("blocks.0.attn.to_q")!.branches[0]!;
    assert.deepEqual(lora.parameters(), [branch.A, branch.B]);
    assert.equal(branch.scale, 2);
    assert.ok([...await branch.B.data()].every((b) => b === 1));

    using wrong = Tensor.from(device, new Float32Array(16), { shape: [2, 8] });
    assert.throws(() => lora.replace([A!, wrong]), {
      name: "RangeError",
      message:
        'Cannot replace parameter "blocks.0.attn.to_q.lora_B.weight" as it is f32 [8, 2]: got f32 [2, 8]',
    });
    assert.throws(() => lora.replace([A!]), /as there are 2: got 1$/);
    assert.equal(branch.B.disposed, false);
  },
);

forEachDevice(
  "a LoRA that is saved and taken up again is the same",
  async (device) => {
    using opened = openLayers(device);
    await using folder = await testFolder();
    const path = folder.at("lora.safetensors");
    using first = initLora(opened.layers, { rank: 4, alpha: 2, seed: 3 });
    first.replace(
      first.parameters().map(({ shape, size }, i) =>
        Tensor.from(device, randomArray(i, size), { shape })
      ),
    );
    const saved = await first.download();
    const expected = await outputs(opened.layers);
    await saveLora(path, saved, { training: { step: 7 } });
    first.dispose();

    await using source = await openSafetensors(path);
    const file = await readLora(source);
    assert.equal(file.step, 7);
    using second = resumeLora(opened.layers, file);
    assert.deepEqual(await second.download(), saved);
    assert.deepEqual(second.names, first.names);
    assert.deepEqual(await outputs(opened.layers), expected);
    const average = second.parameters().map(({ shape, size }) =>
      Tensor.from(device, new Float32Array(size).fill(0.5), { shape })
    );
    const layers = lowRanks(await second.download(average));
    assert.ok(
      [...layers.values()].every(({ B }) => B.data.every((b) => b === 0.5)),
    );
    for (const tensor of average) tensor.dispose();
  },
);

forEachDevice("initLora() refuses what cannot be trained", (device) => {
  using opened = openLayers(device);
  const { tensors } = device.memory;
  const refused = (options: object, message: RegExp) =>
    assert.throws(
      () => initLora(opened.layers, { rank: 2, seed: 0, ...options }),
      message,
    );
  refused({ rank: 0 }, /its rank must be an integer >= 1: got 0$/);
  refused({ rank: 1.5 }, /its rank must be an integer >= 1: got 1.5$/);
  refused({ rank: 9 }, /smaller width of "blocks.0.attn.to_q", 8: got 9$/);
  refused({ alpha: 0 }, /alpha must be a number > 0: got 0$/);
  refused({ seed: -1 }, /its seed must be an integer >= 0: got -1$/);
  refused({ targets: [] }, /a layer must be a target: got no targets$/);
  refused(
    { targets: ["to_q", "attn.to_w"] },
    /^RangeError: Cannot train LoRA as each target must match a layer: got "attn.to_w" that matches none of 4, nearest is "attn.to_q"$/,
  );
  refused({ targets: [/nothing/] }, /got "\/nothing\/" that matches none of 4/);
  assert.equal(device.memory.tensors, tensors);
  assert.ok([...opened.layers.values()].every((l) => l.branches.length === 0));
  using chosen = initLora(opened.layers, {
    rank: 2,
    seed: 0,
    targets: ["*.ff.*", /to_[kv]$/],
  });
  assert.deepEqual(chosen.names.filter((_, i) => i % 2 === 0), [
    "blocks.0.attn.to_k.lora_A.weight",
    "blocks.1.ff.net.0.proj.lora_A.weight",
  ]);
  return Promise.resolve();
});
