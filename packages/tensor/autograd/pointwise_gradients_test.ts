import * as reference from "../ops/_reference.ts";
import { addGated } from "../ops/add_gated/add_gated.ts";
import { affine } from "../ops/affine/affine.ts";
import * as binary from "../ops/binary/binary.ts";
import { modulate } from "../ops/modulate/modulate.ts";
import { mean, sum } from "../ops/sum/sum.ts";
import * as unary from "../ops/unary/unary.ts";
import { at, type Case, each, testGradients } from "./_test_gradients.ts";

const logistic = (x: number) => 1 / (1 + Math.exp(-x));
const cubic = (x: number) => Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
const positive = (x: number) => 0.3 + Math.abs(x);

const UNARY: readonly [
  keyof typeof unary,
  (x: number) => number,
  ((x: number) => number)?,
][] = [
  ["neg", (x) => -x],
  ["abs", Math.abs, (x) => Math.sign(x) * positive(x)],
  ["exp", Math.exp],
  ["log", Math.log, positive],
  ["sqrt", Math.sqrt, positive],
  ["square", (x) => x * x],
  ["tanh", Math.tanh],
  ["sigmoid", logistic],
  ["silu", (x) => x * logistic(x), (x) => 4 * x],
  ["gelu", (x) => x * (1 + reference.erf(x / Math.SQRT2)) / 2, (x) => 2 * x],
  ["geluTanh", (x) => x * (1 + Math.tanh(cubic(x))) / 2, (x) => 2 * x],
  ["quickGelu", (x) => x * logistic(1.702 * x), (x) => 2 * x],
];

const BINARY: readonly [
  keyof typeof binary,
  (a: number, b: number) => number,
][] = [
  ["add", (a, b) => a + b],
  ["sub", (a, b) => a - b],
  ["mul", (a, b) => a * b],
  ["div", (a, b) => a / b],
  ["maximum", Math.max],
  ["minimum", Math.min],
];

const CASES: readonly Case[] = [
  ...UNARY.map(([name, f, value]): Case => ({
    name,
    shapes: [[37]],
    run: (x) => unary[name](x!),
    expected: (x) => Array.from(x!, f),
    ...(value && { value }),
  })),
  ...BINARY.flatMap(([name, f]) =>
    ([[[3, 5], [3, 5]], [[2, 3, 4], [3, 1]], [[1], [2, 3]], [[4, 1], [
      2,
      1,
      3,
    ]]] as const).map(([left, right]): Case => {
      const rank = Math.max(left.length, right.length);
      const shape = Array.from({ length: rank }, (_, axis) =>
        Math.max(
          left[axis - rank + left.length] ?? 1,
          right[axis - rank + right.length] ?? 1,
        ));
      return {
        name: `${name} [${left}] [${right}]`,
        shapes: [left, right],
        run: (a, b) => binary[name](a!, b!),
        expected: (a, b) =>
          each(shape, (i) => f(at(a!, i, left), at(b!, i, right))),
        value: (x) => Math.sign(x) * positive(x),
      };
    })
  ),
  {
    name: "affine",
    shapes: [[7]],
    run: (x) => affine(x!, -1.5, 2),
    expected: (x) => Array.from(x!, (v) => -1.5 * v + 2),
  },
  {
    name: "modulate",
    shapes: [[2, 3, 4], [2, 4], [2, 4]],
    run: (x, shift, scale) => modulate(x!, shift!, scale!),
    expected: (x, shift, scale) =>
      each([2, 3, 4], ([b, l, c]) =>
        at(x!, [b!, l!, c!], [2, 3, 4]) *
          (1 + at(scale!, [b!, c!], [2, 4])) + at(shift!, [b!, c!], [2, 4])),
  },
  {
    name: "addGated",
    shapes: [[2, 3, 4], [2, 4], [2, 3, 4]],
    run: (x, gate, y) => addGated(x!, gate!, y!),
    expected: (x, gate, y) =>
      each([2, 3, 4], ([b, l, c]) =>
        at(x!, [b!, l!, c!], [2, 3, 4]) +
        at(gate!, [b!, c!], [2, 4]) * at(y!, [b!, l!, c!], [2, 3, 4])),
  },
  {
    name: "sum of two axes",
    shapes: [[2, 3, 4, 2]],
    run: (x) => sum(unary.square(x!), { axes: [0, -2] }),
    expected: (x) =>
      each([3, 2], ([j, l]) => {
        let total = 0;
        for (const [i, k] of reference.indices([2, 4])) {
          total += at(x!, [i!, j!, k!, l!], [2, 3, 4, 2]) ** 2;
        }
        return total;
      }),
  },
  {
    name: "mean, axes kept",
    shapes: [[3, 4]],
    run: (x) => binary.mul(x!, mean(x!, { axes: [1], keepDims: true })),
    expected: (x) =>
      reference.rows(x!, 4, (row) => {
        const centre = row.reduce((a, b) => a + b) / 4;
        return row.map((v) => v * centre);
      }),
  },
];

CASES.forEach(testGradients);
