import { assertClose, assertRelative } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { forEachDevice, read } from "../../_test_devices.ts";
import { erf } from "../_reference.ts";
import { Inputs, list } from "../_test_op.ts";
import {
  abs,
  exp,
  gelu,
  geluTanh,
  log,
  neg,
  quickGelu,
  sigmoid,
  silu,
  sqrt,
  square,
  tanh,
} from "./unary.ts";

const logistic = (x: number) => 1 / (1 + Math.exp(-x));
const cubic = (x: number) => Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);

// in blocks of one magnitude, so that small values count as much as large ones
const FUNCTIONS = [
  ["neg", neg, (x: number) => -x, [-300, 300]],
  ["abs", abs, Math.abs, [-300, 300]],
  ["exp", exp, Math.exp, [-80, 80]],
  ["log", log, Math.log, [1e-3, 300]],
  ["sqrt", sqrt, Math.sqrt, [0, 300]],
  ["square", square, (x: number) => x * x, [-300, 300]],
  ["tanh", tanh, Math.tanh, [-20, 20]],
  ["sigmoid", sigmoid, logistic, [-80, 80]],
  ["silu", silu, (x: number) => x * logistic(x), [-80, 80]],
  ["gelu", gelu, (x: number) => x * (1 + erf(x / Math.SQRT2)) / 2, [-3, 300]],
  ["geluTanh", geluTanh, (x: number) => x * (1 + Math.tanh(cubic(x))) / 2, [
    -3,
    300,
  ]],
  ["quickGelu", quickGelu, (x: number) => x * logistic(1.702 * x), [-40, 40]],
] as const;

/** Elements of a block. */
const WIDTH = 64;

for (const [name, operation, f, [low, high]] of FUNCTIONS) {
  forEachDevice(
    `${name}() matches float64 from ${low} to ${high}`,
    async (device) => {
      using inputs = new Inputs(device);
      const n = 50 * WIDTH + 3;
      const x = Float32Array.from(
        { length: n },
        (_, i) => low + (high - low) * i / (n - 1),
      );
      const y = await read(operation(inputs.tensor(x)));
      assert.equal(y.length, n);
      for (let i = 0; i < n; i += WIDTH) {
        // f(x) of a rounded argument: |x| units in the last place for exp
        const limit = 8e-8 * Math.max(8, Math.abs(x[i]!));
        assertRelative(
          y.slice(i, i + WIDTH),
          [...x.slice(i, i + WIDTH)].map(f),
          limit,
        );
      }
    },
  );
}

forEachDevice(
  "tanh(), sigmoid() and silu() are exact enough near 0",
  async (device) => {
    using inputs = new Inputs(device);
    const x = inputs.tensor([1e-6, -1e-4, 1e-3, -0.01, 0.1]);
    const values = list(await x.data());
    for (
      const [operation, f] of [
        [tanh, Math.tanh],
        [silu, (x: number) => x * logistic(x)],
        [gelu, (x: number) => x * (1 + erf(x / Math.SQRT2)) / 2],
      ] as const
    ) {
      const y = await read(operation(x));
      for (const [i, value] of values.entries()) {
        assertRelative([y[i]!], [f(value)], 2e-6);
      }
    }
  },
);

forEachDevice("silu() and gelu() do not overflow", async (device) => {
  using inputs = new Inputs(device);
  const x = inputs.tensor([-1e4, -300, 300, 1e4]);
  for (const operation of [silu, gelu, geluTanh, quickGelu]) {
    assertClose(await read(operation(x)), [0, 0, 300, 1e4], {
      atol: 1e-30,
      rtol: 0,
    });
  }
});

forEachDevice("silu() throws on indices", async (device) => {
  using inputs = new Inputs(device);
  const x = inputs.tensor([1], [1], "i32");
  assert.throws(() => silu(x), {
    name: "TypeError",
    message: "Cannot run silu as x must be f32: got i32",
  });
  await Promise.resolve();
});
