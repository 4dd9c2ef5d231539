import { readGolden } from "@edit-transfer/testing";
import {
  dequantize as expectedOf,
  openGguf,
  type QuantizedTypeName,
  readStored,
} from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { testAdapter } from "../../_test_adapter.ts";
import { QUANTIZED, randomBlocks } from "../../_test_blocks.ts";
import { forEachDevice, read } from "../../_test_devices.ts";
import { isQuantized, type QuantizedDType } from "../../dtype.ts";
import { openWebGpuDevice } from "../../webgpu/device.ts";
import { Inputs } from "../_test_op.ts";
import { dequantize } from "./dequantize.ts";

const GOLDENS = new URL(
  "../../../../fixtures/goldens/gguf_files/",
  import.meta.url,
);
const nameOf = (dtype: QuantizedDType) =>
  dtype.toUpperCase() as QuantizedTypeName;

/** Throws at the first value whose bits differ; `deepEqual` would list them all. */
function assertSameBits(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  what: string,
): void {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    if (!Object.is(actual[i], expected[i])) {
      assert.fail(`${what}[${i}]: got ${actual[i]}, expected ${expected[i]}`);
    }
  }
}

forEachDevice(
  "dequantize() gives what gguf does, to the bit",
  async (device) => {
    using inputs = new Inputs(device);
    const types = new Set<string>();
    for (const golden of ["types", "more"]) {
      const path = fileURLToPath(new URL(`${golden}.gguf`, GOLDENS));
      await using file = await openGguf(path);
      const { arrays, shapes } = readGolden(`gguf_files/${golden}`);
      for (const name of file.names()) {
        const dtype = file.info(name).stored?.type.toLowerCase();
        if (dtype === undefined) continue;
        assert.ok(isQuantized(dtype as QuantizedDType));
        const blocks = await readStored(file, name);
        const x = inputs.tensor(blocks, shapes[name], dtype as QuantizedDType);
        assert.equal(x.sizeBytes, blocks.length);
        assert.deepEqual(await x.data(), blocks, name);
        assertSameBits(await read(dequantize(x)), arrays[name]!, name);
        types.add(dtype);
      }
    }
    const ofGguf = QUANTIZED.filter((dtype) =>
      dtype !== "f8_e4m3_scaled" && dtype !== "nf4"
    );
    assert.deepEqual([...types].sort(), ofGguf.sort());
  },
);

for (const dtype of QUANTIZED) {
  forEachDevice(
    `dequantize() widens every bit pattern of ${dtype}`,
    async (device) => {
      using inputs = new Inputs(device);
      for (
        const [rows, width, scale] of [[1, 256, 1], [77, 768, 1e-6], [
          3,
          3072,
          0.01,
        ]] as const
      ) {
        const elements = rows * width;
        const blocks = randomBlocks(dtype, rows, { elements, scale });
        const x = inputs.tensor(blocks, [rows, width], dtype);
        assertSameBits(
          await read(dequantize(x)),
          expectedOf(blocks, nameOf(dtype)),
          dtype,
        );
      }
    },
  );
}

Deno.test({
  name: "dequantize() works in parts that can be bound",
  ignore: testAdapter === undefined,
  async fn() {
    using device = await openWebGpuDevice(testAdapter!, {
      maxBindingBytes: 16_384,
    });
    {
      using inputs = new Inputs(device);
      for (const dtype of QUANTIZED) {
        const blocks = randomBlocks(dtype, 5, { elements: 300 * 512 });
        const x = inputs.tensor(blocks, [300, 512], dtype);
        assertSameBits(
          await read(dequantize(x)),
          expectedOf(blocks, nameOf(dtype)),
          dtype,
        );
      }
    }
  },
});

forEachDevice("dequantize() throws on single elements", async (device) => {
  using inputs = new Inputs(device);
  assert.throws(() => dequantize(inputs.tensor([1])), {
    name: "TypeError",
    message: "Cannot run dequantize as x must be quantised: got f32",
  });
  assert.throws(() => inputs.tensor(new Uint8Array(34), [2, 16], "q8_0"), {
    name: "RangeError",
    message:
      "Cannot create tensor as rows of q8_0 must be a multiple of 32: got [2, 16]",
  });
  await Promise.resolve();
});
