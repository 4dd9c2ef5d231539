import { assertRelative, randomArray } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { forEachDevice, read } from "../_test_devices.ts";
import * as reference from "../ops/_reference.ts";
import { F32, Inputs } from "../ops/_test_op.ts";
import type { Activation } from "./epilogue.ts";
import { linear } from "./linear.ts";

const logistic = (x: number) => 1 / (1 + Math.exp(-x));

/** In float64; `gelu` is left to the golden, as JavaScript has no erf. */
const FUNCTIONS: Partial<Record<Activation, (x: number) => number>> = {
  tanh: Math.tanh,
  sigmoid: logistic,
  silu: (x) => x * logistic(x),
  geluTanh: (x) =>
    x * logistic(2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)),
  quickGelu: (x) => x * logistic(1.702 * x),
};

const SIZES = [
  { B: 1, L: 1, N: 1, K: 1, r: 1 },
  { B: 2, L: 3, N: 5, K: 7, r: 2 },
  { B: 2, L: 7, N: 33, K: 70, r: 3 },
  { B: 3, L: 41, N: 65, K: 64, r: 16 }, // a gate changes within a tile
  { B: 1, L: 9, N: 3072, K: 3072, r: 16 }, // a few tokens of FLUX.1
];

for (const { B, L, N, K, r } of SIZES) {
  for (const name of ["plain", "gated", "branches", "activation", "all"]) {
    const has = (part: string) => name === part || name === "all";
    forEachDevice(
      `linear() with ${name} matches float64, ${[B, L, N, K, r]}`,
      async (device) => {
        using inputs = new Inputs(device);
        const M = B * L;
        const of = (seed: number, rows: number, columns: number, scale = 1) =>
          randomArray(seed, rows * columns, scale);
        const x = of(1, M, K);
        const weight = of(2, N, K, 1 / Math.sqrt(K));
        const bias = of(3, 1, N);
        const stream = of(4, M, N);
        const gate = of(5, B, N);
        const branches = [0.5, 1].map((scale, i) => ({
          A: of(6 + i, r, K, 1 / Math.sqrt(K)),
          B: of(8 + i, N, r),
          scale,
        }));
        const activation = has("activation") ? "geluTanh" as const : undefined;
        const y = linear(
          inputs.tensor(x, [B, L, K]),
          inputs.tensor(weight, [N, K]),
          inputs.tensor(bias),
          {
            activation,
            ...has("branches") && {
              branches: branches.map(({ A, B, scale }) => ({
                A: inputs.tensor(A, [r, K]),
                B: inputs.tensor(B, [N, r]),
                scale,
              })),
            },
            ...name !== "branches" && name !== "activation" && {
              residual: {
                x: inputs.tensor(stream, [B, L, N]),
                ...has("gated") && { gate: inputs.tensor(gate, [B, N]) },
              },
            },
          },
        );
        const product = (
          a: ArrayLike<number>,
          b: ArrayLike<number>,
          N: number,
        ) =>
          reference.matmul(a, b, { M, N, K: a.length / M, transposeB: true });
        let expected = product(x, weight, N).map((v, i) => v + bias[i % N]!);
        for (const { A, B, scale } of has("branches") ? branches : []) {
          const up = product(product(x, A, r), B, N);
          expected = expected.map((v, i) => v + scale * up[i]!);
        }
        if (activation) expected = expected.map(FUNCTIONS[activation]!);
        if (name !== "branches" && name !== "activation") {
          expected = expected.map((v, i) => {
            const at = Math.floor(i / (L * N)) * N + i % N;
            return stream[i]! + (has("gated") ? gate[at]! : 1) * v;
          });
        }
        assertRelative(await read(y), expected, F32);
      },
    );
  }
}

for (const [activation, f] of Object.entries(FUNCTIONS)) {
  forEachDevice(`linear() applies ${activation}`, async (device) => {
    using inputs = new Inputs(device);
    const x = randomArray(1, 13 * 9, 3);
    const identity = Array.from({ length: 81 }, (_, i) => i % 10 === 0 ? 1 : 0);
    const y = linear(
      inputs.tensor(x, [13, 9]),
      inputs.tensor(identity, [9, 9]),
      undefined,
      { activation: activation as Activation },
    );
    assertRelative(await read(y), Float64Array.from(x, f), F32);
  });
}

forEachDevice("linear() leaves nothing but its result", async (device) => {
  using inputs = new Inputs(device);
  const x = inputs.tensor(randomArray(1, 12), [1, 3, 4]);
  const A = inputs.tensor(randomArray(2, 8), [2, 4]);
  const B = inputs.tensor(randomArray(3, 8), [4, 2]);
  const weight = inputs.tensor(randomArray(4, 16), [4, 4]);
  const before = device.memory.tensors;
  const y = linear(x, weight, undefined, {
    branches: [{ A, B, scale: 2 }],
    activation: "silu",
    residual: { x },
  });
  assert.equal(device.memory.tensors, before + 1);
  await read(y);
});

forEachDevice("linear() throws when an option does not fit", async (device) => {
  using inputs = new Inputs(device);
  const x = inputs.tensor([1, 2, 3], [1, 1, 3]);
  const weight = inputs.tensor([1, 2, 3, 4, 5, 6], [2, 3]);
  const two = inputs.tensor([1, 2], [1, 2]);
  const stream = inputs.tensor([1, 2], [1, 1, 2]);
  assert.throws(
    () =>
      linear(x, weight, undefined, {
        branches: [{ A: two, B: weight, scale: 1 }],
      }),
    {
      name: "ShapeError",
      message:
        "Cannot run linear as a branch must be A [r, K] and B [N, r] for weight [N, K]: got weight [2, 3], A [1, 2], B [2, 3]",
    },
  );
  assert.throws(() => linear(x, weight, undefined, { residual: { x } }), {
    name: "ShapeError",
    message:
      "Cannot run linear as residual must be like the result: got residual [1, 1, 3], result [1, 1, 2]",
  });
  assert.throws(
    () =>
      linear(x, weight, undefined, { residual: { x: stream, gate: stream } }),
    {
      name: "ShapeError",
      message:
        "Cannot run linear as gate must be [B, N] for x [B, L, K]: got x [1, 1, 3], gate [1, 1, 2]",
    },
  );
  await Promise.resolve();
});
