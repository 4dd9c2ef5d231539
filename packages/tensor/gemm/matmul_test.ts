import { assertRelative, randomArray } from "@edit-transfer/testing";
import {
  bf16ToF32,
  f16ToF32,
  f32ToBf16,
  f32ToF16,
} from "@edit-transfer/weights";
import fc from "fast-check";
import assert from "node:assert/strict";
import { forEachDevice, read } from "../_test_devices.ts";
import { ShapeError } from "../errors.ts";
import * as reference from "../ops/_reference.ts";
import { F32, Inputs, list } from "../ops/_test_op.ts";
import { matmul } from "./matmul.ts";

const LAYOUTS = [[false, false], [false, true], [true, false], [true, true]];

for (
  const [M, N, K] of [
    [1, 1, 1],
    [6, 8, 4], // one register tile
    [7, 9, 5], // one over
    [5, 7, 3], // one short
    [1, 300, 65],
    [65, 1, 33],
    [97, 130, 385], // more than one block of K
    [16, 12, 1],
  ] as const
) {
  for (const [transposeA, transposeB] of LAYOUTS as [boolean, boolean][]) {
    const layout = (transposeA ? "aᵀ " : "a ") + (transposeB ? "bᵀ" : "b");
    forEachDevice(
      `matmul() matches float64, ${layout}, M=${M} N=${N} K=${K}`,
      async (device) => {
        using inputs = new Inputs(device);
        const a = randomArray(1, M * K);
        const b = randomArray(2, K * N);
        const y = matmul(
          inputs.tensor(a, transposeA ? [K, M] : [M, K]),
          inputs.tensor(b, transposeB ? [N, K] : [K, N]),
          { transposeA, transposeB },
        );
        assert.deepEqual(y.shape, [M, N]);
        const expected = reference.matmul(a, b, {
          M,
          N,
          K,
          transposeA,
          transposeB,
        });
        assertRelative(await read(y), expected, F32);
      },
    );
  }
}

for (
  const [name, aLead, bLead] of [
    ["equal leading axes", [2, 3], [2, 3]],
    ["one b for all", [2, 3], []],
    ["one a for all", [], [2, 3]],
  ] as const
) {
  forEachDevice(`matmul() takes ${name}`, async (device) => {
    using inputs = new Inputs(device);
    const [M, N, K] = [5, 6, 7];
    const a = randomArray(1, (aLead.length ? 6 : 1) * M * K);
    const b = randomArray(2, (bLead.length ? 6 : 1) * K * N);
    const y = matmul(
      inputs.tensor(a, [...aLead, M, K]),
      inputs.tensor(b, [...bLead, K, N]),
    );
    assert.deepEqual(y.shape, [2, 3, M, N]);
    const expected = reference.matmul(a, b, { batch: 6, M, N, K });
    assertRelative(await read(y), expected, F32);
  });
}

for (
  const [dtype, narrow, widen] of [
    ["bf16", f32ToBf16, bf16ToF32],
    ["f16", f32ToF16, f16ToF32],
  ] as const
) {
  for (const transposeB of [false, true]) {
    forEachDevice(
      `matmul() widens ${dtype} exactly, ${transposeB ? "bᵀ" : "b"}`,
      async (device) => {
        using inputs = new Inputs(device);
        const [M, N, K] = [3, 21, 35];
        const a = randomArray(1, M * K);
        const b = narrow(randomArray(2, K * N, 1e-3));
        const y = matmul(
          inputs.tensor(a, [M, K]),
          inputs.tensor(b, transposeB ? [N, K] : [K, N], dtype),
          { transposeB },
        );
        const expected = reference.matmul(a, widen(b), { M, N, K, transposeB });
        assertRelative(await read(y), expected, F32);
      },
    );
  }
}

forEachDevice(
  "matmul() keeps values of 300 and rows of 1e-3 apart",
  async (device) => {
    using inputs = new Inputs(device);
    const [M, N, K] = [12, 40, 96];
    const a = randomArray(1, M * K).map((v, i) => v * (i < K * 6 ? 300 : 1e-3));
    const b = randomArray(2, K * N);
    const y = await read(
      matmul(inputs.tensor(a, [M, K]), inputs.tensor(b, [K, N])),
    );
    const expected = reference.matmul(a, b, { M, N, K });
    assertRelative(y.slice(0, 6 * N), expected.slice(0, 6 * N), F32);
    assertRelative(y.slice(6 * N), expected.slice(6 * N), F32);
  },
);

forEachDevice(
  "matmul() gives the same when an operand is used again",
  async (device) => {
    using inputs = new Inputs(device);
    const a = inputs.tensor(randomArray(1, 20 * 30), [20, 30]);
    const b = inputs.tensor(randomArray(2, 30 * 10), [30, 10]);
    const first = list(await read(matmul(a, b)));
    assert.deepEqual(list(await read(matmul(a, b))), first);
    assert.deepEqual(list(await read(matmul(a, b))), first);
  },
);

forEachDevice("matmul() by the identity changes nothing", async (device) => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 40 }),
      async (M, K) => {
        using inputs = new Inputs(device);
        const a = randomArray(M * 100 + K, M * K, 10);
        const eye = Float32Array.from(
          { length: K * K },
          (_, i) => i % (K + 1) === 0 ? 1 : 0,
        );
        const y = matmul(inputs.tensor(a, [M, K]), inputs.tensor(eye, [K, K]));
        assert.deepEqual(list(await read(y)), list(a));
      },
    ),
    { numRuns: 20, seed: 1 },
  );
});

forEachDevice(
  "matmul() throws when the operands do not fit",
  async (device) => {
    using inputs = new Inputs(device);
    const a = inputs.tensor([1, 2, 3, 4, 5, 6], [2, 3]);
    const b = inputs.tensor([1, 2, 3, 4], [2, 2]);
    const indices = inputs.tensor([1, 2, 3], [3, 1], "i32");
    assert.throws(() => matmul(a, b), {
      name: "ShapeError",
      message:
        "Cannot run matmul as a must be [..., M, K] and b [..., K, N]: got a [2, 3], b [2, 2]",
    });
    assert.throws(() => matmul(b, a, { transposeB: true }), {
      message:
        "Cannot run matmul as a must be [..., M, K] and b [..., N, K]: got a [2, 2], b [2, 3]",
    });
    assert.throws(() => matmul(inputs.tensor([1]), b), ShapeError);
    assert.throws(() => matmul(a, indices), {
      name: "TypeError",
      message: "Cannot run matmul as b must be f32, f16 or bf16: got i32",
    });
    await Promise.resolve();
  },
);
