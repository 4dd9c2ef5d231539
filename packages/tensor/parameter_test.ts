import { assertRelative, readGolden } from "@edit-transfer/testing";
import {
  BLOCKS,
  mapKeys,
  memoryWeights,
  openGguf,
  openSafetensors,
  readStored,
  type TensorData,
  type WeightSource,
  widenFp8,
} from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { forEachDevice } from "./_test_devices.ts";
import type { Device } from "./backend.ts";
import { dequantize } from "./ops/dequantize/dequantize.ts";
import { ParameterReader } from "./parameter.ts";
import { Tensor } from "./tensor.ts";

/** A reader of a checkpoint with a linear layer, a convolution and a count. */
function reader(
  device: Device,
  changes: Record<string, TensorData> = {},
): ParameterReader {
  const values = (n: number) => Float32Array.from({ length: n }, (_, i) => i);
  return new ParameterReader(
    device,
    memoryWeights({
      "block.0.proj.weight": { dtype: "BF16", shape: [2, 3], data: values(6) },
      "block.0.proj.bias": { dtype: "F16", shape: [2], data: values(2) },
      "block.0.conv.weight": {
        dtype: "F32",
        shape: [1, 2, 1, 3],
        data: values(6),
      },
      "block.00": { dtype: "U8", shape: [1], data: Uint8Array.of(7) },
      ...changes,
    }, { path: "toy" }),
  );
}

/** Frees what was loaded. */
function free(reader: ParameterReader): void {
  for (const tensor of reader.loaded()) tensor.dispose();
}

forEachDevice(
  "ParameterReader#load() widens 16-bit values, or keeps them",
  async (device) => {
    const layer = reader(device).at("block").at(0).at("proj");
    const wide = await layer.load("weight", [2, 3]);
    assert.equal(wide.dtype, "f32");
    assert.deepEqual([...await wide.data()], [0, 1, 2, 3, 4, 5]);
    const stored = await layer.load("weight", [2, 3], { dtype: "stored" });
    assert.equal(stored.dtype, "bf16");
    free(layer);
  },
);

forEachDevice(
  "ParameterReader#load() orders the axes as asked",
  async (device) => {
    const conv = reader(device).at("block.0.conv");
    const weight = await conv.load("weight", [1, 2, 1, 3], {
      axes: [0, 2, 3, 1],
    });
    assert.deepEqual(weight.shape, [1, 1, 3, 2]);
    assert.deepEqual([...await weight.data()], [0, 3, 1, 4, 2, 5]);
    free(conv);
  },
);

forEachDevice(
  "ParameterReader#linear() keeps the weight as stored and widens the bias",
  async (device) => {
    const root = reader(device);
    const { weight, bias } = await root.linear("block.0.proj", 2, 3);
    assert.deepEqual([weight.dtype, bias?.dtype], ["bf16", "f32"]);
    free(root);
  },
);

forEachDevice(
  "ParameterReader lists what was loaded and what was not",
  async (device) => {
    const root = reader(device);
    const block = root.at("block").at(0);
    assert.equal(block.path, "block.0");
    assert.ok(block.has("proj.bias"));
    await block.linear("proj", 2, 3);
    assert.equal(root.loaded().length, 2);
    assert.equal(block.at("conv").loaded().length, 0);
    assert.deepEqual(root.unused(), ["block.0.conv.weight", "block.00"]);
    assert.deepEqual(block.unused(), ["block.0.conv.weight"]);

    const apart = block.apart();
    await apart.load("conv.weight", [1, 2, 1, 3]);
    assert.equal(apart.loaded().length, 1);
    assert.equal(root.loaded().length, 2);
    assert.deepEqual(block.unused(), []);
    free(apart);
    free(root);
  },
);

forEachDevice(
  "ParameterReader#load() refuses what does not fit",
  async (device) => {
    const root = reader(device, {
      nan: { dtype: "F32", shape: [2], data: Float32Array.of(0, NaN) },
      infinite: { dtype: "BF16", shape: [1], data: Uint8Array.of(0x80, 0x7f) },
    });
    await assert.rejects(root.load("block.0.proj.weigth", [2, 3]), {
      name: "WeightError",
      message:
        'Cannot find weight "block.0.proj.weigth" in "toy": nearest is "block.0.proj.weight"',
    });
    await assert.rejects(root.load("block.0.proj.weight", [3, 2]), {
      name: "WeightError",
      message: /its shape must be \[3, 2\]: got \[2, 3\]$/,
    });
    await assert.rejects(root.load("block.00", [1]), {
      name: "TypeError",
      message:
        "Cannot load block.00 from toy as it must be F32, F16 or BF16: got U8",
    });
    await assert.rejects(root.load("nan", [2]), {
      name: "RangeError",
      message:
        "Cannot load nan from toy as all values must be finite: got NaN or infinity at element 1",
    });
    await assert.rejects(root.load("infinite", [1]), /at element 0$/);
  },
);

const TYPES = fileURLToPath(
  new URL("../../fixtures/goldens/gguf_files/types.gguf", import.meta.url),
);
const MORE = fileURLToPath(
  new URL("../../fixtures/goldens/gguf_files/more.gguf", import.meta.url),
);

const SCALED = fileURLToPath(
  new URL(
    "../../fixtures/goldens/weights/fp8_scaled_blocks.safetensors",
    import.meta.url,
  ),
);

forEachDevice(
  "ParameterReader#linear() keeps scaled 8-bit floats, with the values that torch gives",
  async (device) => {
    await using source = widenFp8(await openSafetensors(SCALED));
    const { arrays } = readGolden("weights/fp8_scaled_blocks_expected");
    const reader = new ParameterReader(device, source);
    const layer = await reader.linear("proj", 5, 128, { bias: false });
    assert.equal(layer.weight.dtype, "f8_e4m3_scaled");
    assert.equal(layer.weight.sizeBytes, 5 * 2 * 68);
    using values = dequantize(layer.weight); // [5, 128]
    assert.deepEqual(await values.data(), arrays.weight);
    using x = Tensor.from(device, arrays.x!, { shape: [3, 128] });
    using y = layer.forward(x); // [3, 5]
    assertRelative(await y.data(), arrays.y!, 1e-6);
    free(reader);

    const broken: WeightSource = {
      ...source,
      path: "toy",
      has: (name) => source.has(name),
      info: (name) => source.info(name),
      async readStored(name, rows) {
        const blocks = await readStored(source, name, rows);
        blocks[68 * 7 + 9] = 0xff;
        return blocks;
      },
    };
    const other = new ParameterReader(device, broken);
    await assert.rejects(other.linear("proj", 5, 128, { bias: false }), {
      name: "RangeError",
      message:
        "Cannot load proj.weight from toy as all values must be finite: got NaN or infinity in block 7",
    });
  },
);

const GGUF_TYPES = Object.keys(BLOCKS)
  .filter((type) => type !== "F8_E4M3_SCALED" && type !== "NF4");

for (const type of GGUF_TYPES) {
  forEachDevice(
    `ParameterReader#linear() keeps the blocks of ${type}`,
    async (device) => {
      const later = /Q2_K|Q3_K|IQ4|MXFP4/.test(type);
      await using source = mapKeys(await openGguf(later ? MORE : TYPES), [
        { from: type, to: "proj.weight" },
      ]);
      const reader = new ParameterReader(device, source);
      const { shape, stored } = source.info("proj.weight");
      const [N, K] = shape as [number, number];
      const { weight } = await reader.linear("proj", N, K, { bias: false });
      assert.equal(weight.dtype, type.toLowerCase());
      assert.equal(weight.sizeBytes, stored!.sizeBytes);
      assert.deepEqual(
        await weight.data(),
        await readStored(source, "proj.weight"),
      );
      const wide = await reader.linear("proj", N, K, {
        bias: false,
        dtype: "f32",
      });
      assert.equal(wide.weight.dtype, "f32");
      free(reader);
    },
  );
}

forEachDevice(
  "ParameterReader#linear() refuses a scale that is not finite",
  async (device) => {
    await using file = await openGguf(TYPES);
    const source: WeightSource = {
      ...mapKeys(file, [{ from: "Q8_0", to: "proj.weight" }]),
      path: "toy",
      has: (name) => name === "proj.weight",
      info: () => ({ ...file.info("Q8_0"), name: "proj.weight" }),
      async readStored(_, rows) {
        const blocks = await readStored(file, "Q8_0", rows);
        blocks[34 * 2 * 2 + 1] = 0x7c; // row 2 of 2 blocks each
        return blocks;
      },
    };
    const reader = new ParameterReader(device, source);
    await assert.rejects(reader.linear("proj", 3, 64, { bias: false }), {
      name: "RangeError",
      message:
        "Cannot load proj.weight from toy as all scales must be finite: got NaN or infinity in block 4",
    });
  },
);
