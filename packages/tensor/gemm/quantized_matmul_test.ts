import { assertRelative, randomArray } from "@edit-transfer/testing";
import {
  dequantize as valuesOf,
  type QuantizedTypeName,
} from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { testAdapter } from "../_test_adapter.ts";
import { QUANTIZED, randomBlocks } from "../_test_blocks.ts";
import { forEachDevice, read } from "../_test_devices.ts";
import { valueAndGrad } from "../autograd/value_and_grad.ts";
import type { Device } from "../backend.ts";
import type { QuantizedDType } from "../dtype.ts";
import * as reference from "../ops/_reference.ts";
import { F32, Inputs } from "../ops/_test_op.ts";
import { mul } from "../ops/binary/binary.ts";
import { dequantize } from "../ops/dequantize/dequantize.ts";
import { sum } from "../ops/sum/sum.ts";
import type { Tensor } from "../tensor.ts";
import { openWebGpuDevice, WebGpuDevice } from "../webgpu/device.ts";
import { linear } from "./linear.ts";
import { matmul } from "./matmul.ts";

/** A quantised matrix and its values. */
function blocksOf(
  inputs: Inputs,
  dtype: QuantizedDType,
  [rows, columns]: readonly [number, number],
): { b: Tensor; values: Float32Array } {
  const blocks = randomBlocks(dtype, rows, { elements: rows * columns });
  return {
    b: inputs.tensor(blocks, [rows, columns], dtype),
    values: valuesOf(blocks, dtype.toUpperCase() as QuantizedTypeName),
  };
}

/** Limit of relative errors: matrix units round factors to f16. */
function limitOf(device: Device): number {
  return device instanceof WebGpuDevice && device.matrixUnits.length > 0
    ? 2e-3
    : F32;
}

/** Compares both orientations with the float64 product. */
async function check(
  device: Device,
  dtype: QuantizedDType,
  { M, rows, columns }: { M: number; rows: number; columns: number },
): Promise<void> {
  using inputs = new Inputs(device);
  const { b, values } = blocksOf(inputs, dtype, [rows, columns]);
  for (const transposeB of [true, false]) {
    const [N, K] = transposeB ? [rows, columns] : [columns, rows];
    const a = randomArray(1, M * K);
    const x = inputs.tensor(a, [M, K]);
    const expected = reference.matmul(a, values, { M, N, K, transposeB });
    assertRelative(
      await read(matmul(x, b, { transposeB })),
      expected,
      limitOf(device),
    );
    if (!transposeB) continue;
    // each part has its part of the bias
    const bias = randomArray(2, N, 10);
    assertRelative(
      await read(linear(x, b, inputs.tensor(bias))),
      expected.map((value, i) => value + bias[i % N]!),
      limitOf(device),
    );
  }
}

for (const dtype of QUANTIZED) {
  for (
    const [M, rows, columns] of [
      [1, 1, 256],
      [7, 65, 512],
      [65, 257, 768],
    ] as const
  ) {
    forEachDevice(
      `matmul() multiplies by ${dtype} both ways, M=${M} b=[${rows}, ${columns}]`,
      (device) => check(device, dtype, { M, rows, columns }),
    );
  }
}

forEachDevice(
  "matmul() multiplies by q8_0 of a FLUX.1 size",
  async (device) => {
    using inputs = new Inputs(device);
    const { b, values } = blocksOf(inputs, "q8_0", [3072, 3072]);
    const before = device.memory.bytes;
    for (const transposeB of [true, false]) {
      const [M, N, K] = [2, 3072, 3072];
      const x = randomArray(1, M * K);
      const a = inputs.tensor(x, [M, K]);
      const bias = transposeB ? randomArray(2, N, 10) : new Float32Array(N);
      const y = transposeB ? linear(a, b, inputs.tensor(bias)) : matmul(a, b);
      const expected = reference.matmul(x, values, { M, N, K, transposeB })
        .map((value, i) => value + bias[i % N]!);
      assertRelative(await read(y), expected, limitOf(device));
      // nothing widened is kept
      assert.ok(device.memory.bytes - before <= 4 * (2 * M * K + N));
    }
    assert.ok(device.memory.peakBytes < before + 72 * 2 ** 20);
  },
);

forEachDevice(
  "linear() with a quantised weight adds the bias and serves a batch",
  async (device) => {
    using inputs = new Inputs(device);
    const [B, L, N, K] = [2, 5, 70, 96];
    const { b, values } = blocksOf(inputs, "q4_0", [N, K]);
    const x = randomArray(1, B * L * K);
    const bias = randomArray(2, N);
    const y = linear(inputs.tensor(x, [B, L, K]), b, inputs.tensor(bias));
    assert.deepEqual(y.shape, [B, L, N]);
    const expected = reference.matmul(x, values, {
      M: B * L,
      N,
      K,
      transposeB: true,
    });
    assertRelative(
      await read(y),
      expected.map((value, i) => value + bias[i % N]!),
      limitOf(device),
    );
  },
);

forEachDevice(
  "linear() with a quantised weight has branches, activation and residual",
  async (device) => {
    using inputs = new Inputs(device);
    const [B, L, N, K, r] = [2, 5, 70, 256, 3];
    const random = (seed: number, shape: readonly number[]) =>
      inputs.tensor(
        randomArray(seed, shape.reduce((n, extent) => n * extent, 1)),
        shape,
      );
    const { b } = blocksOf(inputs, "q5_k", [N, K]);
    const wide = inputs.use(dequantize(b));
    const x = random(1, [B, L, K]);
    const bias = random(2, [N]);
    const options = {
      branches: [{ A: random(3, [r, K]), B: random(4, [N, r]), scale: 0.5 }],
      activation: "geluTanh",
      residual: { x: random(5, [B, L, N]), gate: random(6, [B, N]) },
    } as const;
    assertRelative(
      await read(linear(x, b, bias, options)),
      await read(linear(x, wide, bias, options)),
      limitOf(device),
    );
  },
);

forEachDevice(
  "linear() gives the gradient by x through a quantised weight",
  async (device) => {
    using inputs = new Inputs(device);
    const [M, N, K] = [5, 70, 256];
    const { b, values } = blocksOf(inputs, "q6_k", [N, K]);
    const x = inputs.tensor(randomArray(1, M * K), [M, K]);
    const dy = randomArray(2, M * N);
    const weights = inputs.tensor(dy, [M, N]);
    const { value, grads } = valueAndGrad(
      () => sum(mul(linear(x, b), weights)),
      [x],
    );
    value.dispose();
    assertRelative(
      await read(grads[0]!),
      reference.matmul(dy, values, { M, N: K, K: N }),
      limitOf(device),
    );
  },
);

Deno.test({
  name: "matmul() multiplies by blocks part by part",
  ignore: testAdapter === undefined,
  async fn() {
    using device = await openWebGpuDevice(testAdapter!, {
      maxBindingBytes: 65_536,
    });
    for (const dtype of ["q8_0", "q4_k"] as const) {
      await check(device, dtype, { M: 9, rows: 200, columns: 512 });
    }
  },
});

forEachDevice(
  "matmul() throws on blocks of several matrices",
  async (device) => {
    using inputs = new Inputs(device);
    const blocks = randomBlocks("q8_0", 1, { elements: 2 * 64 });
    const b = inputs.tensor(blocks, [2, 2, 32], "q8_0");
    const a = inputs.tensor([1, 2], [1, 2]);
    assert.throws(() => matmul(a, b), {
      name: "ShapeError",
      message:
        "Cannot run matmul as b of q8_0 must be one matrix: got b [2, 2, 32]",
    });
    assert.throws(() => matmul(b, a), {
      name: "TypeError",
      message: "Cannot run matmul as a must be f32: got q8_0",
    });
    await Promise.resolve();
  },
);
