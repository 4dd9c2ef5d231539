import { attachLora, LoraError, readLora } from "@edit-transfer/lora";
import { type Device, Linear, Tensor } from "@edit-transfer/tensor";
import { assertRelative, readGolden } from "@edit-transfer/testing";
import { openSafetensors } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { forEachDevice } from "../tensor/_test_devices.ts";
import { lora, pairs } from "./_test_lora.ts";

const FIXTURES = fileURLToPath(
  new URL("../../fixtures/goldens/lora/", import.meta.url),
);

/** f32 sums of up to 50 products, rounded in another order. */
const LIMIT = 1e-5;

const golden = readGolden("lora/outputs");
const PATHS = Object.keys(golden.arrays).filter((name) =>
  name.startsWith("inputs.")
).map((name) => name.slice("inputs.".length));

/** A tensor of the golden. */
function tensor(device: Device, name: string): Tensor {
  return Tensor.from(device, golden.arrays[name]!, {
    shape: golden.shapes[name]!,
  });
}

/** The layers of the golden, and a function that frees them. */
function openLayers(device: Device) {
  const layers = new Map(PATHS.map((path) => [
    path,
    new Linear(
      tensor(device, `weights.${path}.weight`),
      tensor(device, `weights.${path}.bias`),
    ),
  ]));
  return {
    layers,
    [Symbol.dispose]() {
      for (const { weight, bias } of layers.values()) {
        weight.dispose();
        bias?.dispose();
      }
    },
  };
}

/** Largest relative error over the layers. */
async function check(
  layers: ReadonlyMap<string, Linear>,
  state: string,
): Promise<void> {
  for (const [path, layer] of layers) {
    using x = tensor(layer.weight.device, `inputs.${path}`);
    using y = layer.forward(x);
    assertRelative(await y.data(), golden.arrays[`${state}.${path}`]!, LIMIT);
  }
}

async function read(name: string) {
  await using source = await openSafetensors(FIXTURES + name);
  return await readLora(source);
}

forEachDevice("attachLora() adds branches as peft does", async (device) => {
  using opened = openLayers(device);
  const { layers } = opened;
  const first = await read("first.safetensors");
  const second = await read("second/adapter_model.safetensors");

  await check(layers, "base");
  {
    using attached = attachLora(layers, first);
    assert.equal(attached.matched, 3);
    await check(layers, "first_1");
    using _second = attachLora(layers, second, { scale: 0.75 });
    await check(layers, "both");
  }
  {
    using _first = attachLora(layers, first, { scale: 0.5 });
    await check(layers, "first_half");
  }
  await check(layers, "base");
});

forEachDevice(
  "detach() leaves other LoRAs and frees its own",
  async (device) => {
    using opened = openLayers(device);
    const { layers } = opened;
    const before = device.memory.tensors;
    const second = attachLora(
      layers,
      await read("second/adapter_model.safetensors"),
    );
    using _first = attachLora(layers, await read("first.safetensors"));
    assert.equal(device.memory.tensors, before + 10);
    second.detach();
    second.detach();
    assert.equal(device.memory.tensors, before + 6);
    await check(layers, "first_1");
  },
);

forEachDevice(
  "attachLora() at scale 0 leaves outputs as they are",
  async (device) => {
    using opened = openLayers(device);
    using attached = attachLora(
      opened.layers,
      await read("first.safetensors"),
      {
        scale: 0,
      },
    );
    assert.equal(attached.matched, 3);
    await check(opened.layers, "base");
    assert.ok(
      [...opened.layers.values()].every((l) => l.branches.length === 0),
    );
    assert.throws(
      () =>
        attachLora(opened.layers, { layers: new Map() } as never, {
          scale: NaN,
        }),
      { message: "Cannot attach LoRA as its scale must be finite: got NaN" },
    );
  },
);

/** Runs `body` on two layers of width 4 and checks that it changed nothing. */
function withSmallModel(
  device: Device,
  body: (layers: ReadonlyMap<string, Linear>) => Promise<void>,
) {
  return async () => {
    using weight = Tensor.from(device, new Float32Array(16), { shape: [4, 4] });
    const layers = new Map(["blocks.0.attn.to_q", "blocks.0.attn.to_k"].map(
      (path) => [path, new Linear(weight)],
    ));
    await body(layers);
    for (const layer of layers.values()) assert.deepEqual(layer.branches, []);
  };
}

forEachDevice(
  "attachLora() names both widths of a LoRA for another model",
  async (device) => {
    await withSmallModel(device, async (layers) => {
      const file = await readLora(lora(pairs({
        "blocks.7.attn.to_q": [4, 4], // not in the model either
        "blocks.0.attn.to_k": [4, 4],
        "blocks.0.attn.to_q": [6, 3072],
      })));
      assert.throws(() => attachLora(layers, file), {
        name: "LoraError",
        message:
          'Cannot attach LoRA "lora.safetensors" as "blocks.0.attn.to_q" of this model is 4 wide and gives 4: ' +
          "got a LoRA for 3072 wide that gives 6, made for another model",
      });
    })();
  },
);

forEachDevice(
  "attachLora() lists the layers that the model has not",
  async (device) => {
    await withSmallModel(device, async (layers) => {
      const file = await readLora(lora(pairs({
        "blocks.0.attn.to_q": [4, 4],
        "blocks.0.attn.to_v": [4, 4],
        "blocks.3.attn.to_k": [4, 4],
      })));
      assert.throws(() => attachLora(layers, file), (error: unknown) => {
        assert.ok(error instanceof LoraError);
        assert.equal(
          error.message,
          'Cannot attach LoRA "lora.safetensors" as all of its layers must be in the model: ' +
            'got 2 of 3 that are not, the first "blocks.0.attn.to_v", nearest is "blocks.0.attn.to_q"',
        );
        assert.equal(
          error.table(),
          [
            "key                 reason                       nearest layer",
            "blocks.0.attn.to_v  the model has no such layer  blocks.0.attn.to_q",
            "blocks.3.attn.to_k  the model has no such layer  blocks.0.attn.to_k",
          ].join("\n"),
        );
        assert.match(error.table(1), /\nand 1 more$/);
        return true;
      });

      using attached = attachLora(layers, file, { allowUnmatched: true });
      assert.equal(attached.matched, 1);
      assert.deepEqual(attached.unmatched.map(({ key }) => key), [
        "blocks.0.attn.to_v",
        "blocks.3.attn.to_k",
      ]);
    })();
  },
);

forEachDevice(
  "attachLora() says when no layer at all matches",
  async (device) => {
    await withSmallModel(device, async (layers) => {
      const file = await readLora(lora(pairs({
        "text_encoder.q_proj": [4, 4],
        "text_encoder.k_proj": [4, 4],
      })));
      assert.throws(
        () => attachLora(layers, file, { allowUnmatched: true }),
        /as one of its layers at least must be among the 2 of this model: got none of 2, the first "text_encoder.q_proj"$/,
      );
    })();
  },
);
