import {
  abs,
  exp,
  gelu,
  geluTanh,
  quickGelu,
  sigmoid,
  silu,
  square,
  tanh,
  Tensor,
} from "@edit-transfer/tensor";
import assert from "node:assert/strict";
import { gpuTest } from "./_test_device.ts";

const X = [0, 1e-6, 1e-3, 0.1, 0.29, 0.31, 1, 3, 5, 9, 20, 80]
  .flatMap((v) => [v, -v]);
const EXTREME = [-3e38, -1e4, -200, 200, 1e4, 3e38];

const logistic = (x: number) => 1 / (1 + Math.exp(-x));
const tanhArgument = (x: number) =>
  Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);

/** Function, its exact form, and the exponent that it goes through. */
const FUNCTIONS = {
  tanh: [tanh, Math.tanh, (x: number) => 2 * x],
  sigmoid: [sigmoid, logistic, (x: number) => x],
  silu: [silu, (x: number) => x * logistic(x), (x: number) => x],
  quickGelu: [
    quickGelu,
    (x: number) => x * logistic(1.702 * x),
    (x: number) => 1.702 * x,
  ],
  geluTanh: [
    geluTanh,
    (x: number) => x * logistic(2 * tanhArgument(x)),
    (x: number) => 2 * tanhArgument(x),
  ],
  abs: [abs, Math.abs, () => 0],
  square: [square, (x: number) => x * x, () => 0],
  exp: [exp, Math.exp, (x: number) => x],
} as const;

for (const [name, [op, expected, exponent]] of Object.entries(FUNCTIONS)) {
  gpuTest(`${name}() is precise at every magnitude`, {}, async (gpu) => {
    using x = Tensor.from(gpu, X);
    using y = op(x);
    const actual = await y.data();
    for (const [i, v] of Float32Array.from(X).entries()) {
      const wanted = expected(v);
      // an exponent is rounded a few times, and clamped at 88 or so
      const relative = 1e-6 + Math.abs(exponent(v)) * 2 ** -22;
      const least = Math.max(1, Math.abs(v)) * Math.exp(-87);
      assert.ok(
        Math.abs(actual[i]! - wanted) <= relative * Math.abs(wanted) + least,
        `${name}(${v}): got ${actual[i]}, expected ${wanted}`,
      );
    }
  });
}

gpuTest("gelu() keeps its negative tail", {}, async (gpu) => {
  using x = Tensor.from(gpu, [-6, -4, -2, -1, -1e-3, 1e-3, 1, 6]);
  using y = gelu(x);
  const actual = await y.data();
  const expected = [ // mpmath 1.3, x (1 + erf(x / sqrt(2))) / 2
    -5.919525957e-9,
    -1.266849667e-4,
    -4.550026390e-2,
    -1.586552539e-1,
    -4.996010578e-4,
    5.003989422e-4,
    8.413447461e-1,
    5.999999994,
  ];
  for (const [i, wanted] of expected.entries()) {
    assert.ok(
      Math.abs(actual[i]! - wanted) <= 5e-6 * Math.abs(wanted),
      `got ${actual[i]}, expected ${wanted}`,
    );
  }
});

gpuTest(
  "squashing functions stay finite at extreme inputs",
  {},
  async (gpu) => {
    using x = Tensor.from(gpu, EXTREME);
    for (const op of [tanh, sigmoid, silu, gelu, quickGelu]) {
      using y = op(x);
      const values = await y.data();
      assert.ok(values.every(Number.isFinite), `got ${values}`);
    }
  },
);
