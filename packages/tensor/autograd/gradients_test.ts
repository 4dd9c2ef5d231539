import { assertRelative, randomArray } from "@edit-transfer/testing";
import { forEachDevice, read } from "../_test_devices.ts";
import * as reference from "../ops/_reference.ts";
import { F32, Inputs } from "../ops/_test_op.ts";
import * as ops from "../ops/binary.ts";
import { addGated } from "../ops/add_gated.ts";
import { affine } from "../ops/affine.ts";
import { attention } from "../ops/attention.ts";
import { cast } from "../ops/cast.ts";
import { concat } from "../ops/concat.ts";
import { conv2d } from "../ops/conv2d.ts";
import { gather } from "../ops/gather.ts";
import { groupNorm } from "../ops/group_norm.ts";
import { layerNorm } from "../ops/layer_norm.ts";
import { linear } from "../ops/linear.ts";
import { matmul } from "../ops/matmul.ts";
import { modulate } from "../ops/modulate.ts";
import { pad } from "../ops/pad.ts";
import { permute } from "../ops/permute.ts";
import { rmsNorm } from "../ops/rms_norm.ts";
import { rope } from "../ops/rope.ts";
import { slice } from "../ops/slice.ts";
import { softmax } from "../ops/softmax.ts";
import { split } from "../ops/split.ts";
import { mean, sum } from "../ops/sum.ts";
import * as unary from "../ops/unary.ts";
import { upsampleNearest2d } from "../ops/upsample_nearest2d.ts";
import { Tensor } from "../tensor.ts";
import { valueAndGrad } from "./value_and_grad.ts";

type Values = ArrayLike<number>;
type Shape = readonly number[];

interface Case {
  readonly name: string;
  /** Shapes of the operands that are differentiated by. */
  readonly shapes: readonly Shape[];
  readonly run: (...operands: Tensor[]) => Tensor;
  /** The same in float64. */
  readonly expected: (...operands: Values[]) => Values;
  /** Values of all operands; by default standard normal. */
  readonly value?: (normal: number, i: number) => number;
}

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

const BINARY: readonly [keyof typeof ops, (a: number, b: number) => number][] =
  [
    ["add", (a, b) => a + b],
    ["sub", (a, b) => a - b],
    ["mul", (a, b) => a * b],
    ["div", (a, b) => a / b],
    ["maximum", Math.max],
    ["minimum", Math.min],
  ];

/** Values of `f` at each index of a shape. */
function each(shape: Shape, f: (index: number[]) => number): number[] {
  return [...reference.indices(shape)].map(f);
}

/** Value of an array at an index, which may repeat. */
const at = (x: Values, index: readonly number[], shape: Shape) =>
  x[reference.position(index, shape)]!;

function matmulCase(
  [aShape, bShape]: readonly [Shape, Shape],
  { M, N, K, batch = 1, transposeA = false, transposeB = false }: {
    M: number;
    N: number;
    K: number;
    batch?: number;
    transposeA?: boolean;
    transposeB?: boolean;
  },
): Case {
  const turned = { transposeA, transposeB };
  return {
    name: `matmul [${aShape}] [${bShape}] ${transposeA} ${transposeB}`,
    shapes: [aShape, bShape],
    run: (a, b) => matmul(a!, b!, turned),
    expected: (a, b) => reference.matmul(a!, b!, { batch, M, N, K, ...turned }),
  };
}

function attentionCase(shapes: readonly Shape[], scale?: number): Case {
  const [[B, H, Lq, D], [, , Lk], , biasShape] = shapes as [
    [number, number, number, number],
    Shape,
    Shape,
    Shape?,
  ];
  return {
    name: `attention ${biasShape ? "with bias" : ""} ${Lq} ${Lk} ${D}`,
    shapes,
    run: (q, k, v, bias) =>
      attention(q!, k!, v!, {
        ...(bias && { bias }),
        ...(scale !== undefined && { scale }),
      }),
    expected: (q, k, v, bias) =>
      reference.attention({ q: q!, k: k!, v: v!, ...(bias && { bias }) }, {
        B,
        H,
        Lq,
        Lk: Lk!,
        D,
        ...(biasShape && { biasShape }),
        ...(scale !== undefined && { scale }),
      }),
  };
}

function conv2dCase(
  [x, weight]: readonly [Shape, Shape],
  stride: number,
  padding: readonly [number, number, number, number],
): Case {
  const [top, bottom, left, right] = padding;
  return {
    name: `conv2d [${x}] [${weight}] stride ${stride} padding ${padding}`,
    shapes: [x, weight, [weight[0]!]],
    run: (x, weight, bias) =>
      conv2d(x!, weight!, {
        bias: bias!,
        stride,
        padding: { top, bottom, left, right },
      }),
    expected: (values, kernel, bias) =>
      reference.conv2d({ x: values!, weight: kernel!, bias: bias! }, {
        xShape: x,
        weightShape: weight,
        stride,
        padding,
      }),
  };
}

function groupNormCase(silu: boolean): Case {
  const [B, C, groups, eps] = [2, 6, 2, 1e-3];
  return {
    name: `groupNorm ${silu ? "with" : "without"} silu`,
    shapes: [[B, 3, 2, C], [C], [C]],
    run: (x, weight, bias) =>
      groupNorm(x!, { weight: weight!, bias: bias!, groups, eps, silu }),
    expected: (x, weight, bias) =>
      reference.groupNorm({ x: x!, weight: weight!, bias: bias! }, {
        B,
        C,
        groups,
        eps,
      }).map((z) => silu ? z * logistic(z) : z),
  };
}

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
        run: (a, b) => ops[name](a!, b!),
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
  ...[false, true].flatMap((transposeA) =>
    [false, true].map((transposeB) =>
      matmulCase([transposeA ? [4, 3] : [3, 4], transposeB ? [5, 4] : [4, 5]], {
        M: 3,
        N: 5,
        K: 4,
        transposeA,
        transposeB,
      })
    )
  ),
  matmulCase([[2, 3, 4], [2, 4, 5]], { batch: 2, M: 3, N: 5, K: 4 }),
  matmulCase([[2, 4, 3], [5, 4]], {
    batch: 2,
    M: 3,
    N: 5,
    K: 4,
    transposeA: true,
    transposeB: true,
  }),
  matmulCase([[3, 4], [2, 4, 5]], { batch: 2, M: 3, N: 5, K: 4 }),
  ...[3, 9].map((N): Case => ({
    name: `linear to ${N}`,
    shapes: [[2, 3, 5], [N, 5], [N]],
    run: (x, weight, bias) => linear(x!, weight!, bias!),
    expected: (x, weight, bias) =>
      reference.matmul(x!, weight!, { M: 6, N, K: 5, transposeB: true })
        .map((y, i) => y + bias![i % N]!),
  })),
  attentionCase([[2, 2, 3, 4], [2, 2, 5, 4], [2, 2, 5, 4]]),
  attentionCase([[2, 2, 3, 4], [2, 2, 5, 4], [2, 2, 5, 4], [1, 2, 3, 5]], 0.7),
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
  ...[5, 8].flatMap((C): Case[] => [
    {
      name: `layerNorm C=${C}`,
      shapes: [[2, 3, C], [C], [C]],
      run: (x, weight, bias) =>
        layerNorm(x!, { weight: weight!, bias: bias!, eps: 1e-2 }),
      expected: (x, weight, bias) =>
        reference.rows(x!, C, (row) => reference.normalize(row, 1e-2))
          .map((y, i) => y * weight![i % C]! + bias![i % C]!),
    },
    {
      name: `layerNorm without weights C=${C}`,
      shapes: [[2, 3, C]],
      run: (x) => layerNorm(x!),
      expected: (x) =>
        reference.rows(x!, C, (row) => reference.normalize(row, 1e-6)),
    },
    {
      name: `rmsNorm D=${C}`,
      shapes: [[2, 3, C], [C]],
      run: (x, weight) => rmsNorm(x!, weight!, { eps: 1e-2 }),
      expected: (x, weight) =>
        reference.rows(x!, C, (row) => reference.rms(row, 1e-2))
          .map((y, i) => y * weight![i % C]!),
    },
    {
      name: `softmax D=${C}`,
      shapes: [[3, C]],
      run: (x) => softmax(x!),
      expected: (x) => reference.rows(x!, C, reference.softmaxRow),
    },
  ]),
  groupNormCase(false),
  groupNormCase(true),
  conv2dCase([[2, 5, 4, 3], [2, 3, 3, 3]], 1, [1, 1, 1, 1]),
  conv2dCase([[1, 6, 5, 2], [3, 3, 3, 2]], 2, [0, 1, 0, 1]),
  conv2dCase([[2, 3, 3, 4], [3, 1, 1, 4]], 1, [0, 0, 0, 0]),
  conv2dCase([[1, 7, 6, 2], [2, 4, 2, 2]], 3, [2, 0, 1, 3]),
  conv2dCase([[1, 8, 8, 1], [2, 2, 3, 1]], 3, [0, 0, 0, 0]),
  {
    name: "rope",
    shapes: [[2, 2, 3, 4]],
    run: (x) => {
      const angles = randomArray(9, 6);
      using cos = Tensor.from(x!.device, angles.map(Math.cos), {
        shape: [3, 2],
      });
      using sin = Tensor.from(x!.device, angles.map(Math.sin), {
        shape: [3, 2],
      });
      return rope(x!, cos, sin);
    },
    expected: (x) => {
      const angles = randomArray(9, 6);
      const cos = Float32Array.from(angles, Math.cos);
      const sin = Float32Array.from(angles, Math.sin);
      return each([2, 2, 3, 2, 2], ([b, h, l, d, odd]) => {
        const first = at(x!, [b!, h!, l!, d!, 0], [2, 2, 3, 2, 2]);
        const second = at(x!, [b!, h!, l!, d!, 1], [2, 2, 3, 2, 2]);
        const angle = l! * 2 + d!;
        return odd === 0
          ? first * cos[angle]! - second * sin[angle]!
          : first * sin[angle]! + second * cos[angle]!;
      });
    },
  },
  {
    name: "upsampleNearest2d",
    shapes: [[2, 2, 3, 2]],
    run: (x) => upsampleNearest2d(x!, 3),
    expected: (x) =>
      each(
        [2, 6, 9, 2],
        ([b, i, j, c]) =>
          at(x!, [b!, Math.floor(i! / 3), Math.floor(j! / 3), c!], [
            2,
            2,
            3,
            2,
          ]),
      ),
  },
  {
    name: "gather",
    shapes: [[4, 3]],
    run: (table) => {
      using indices = Tensor.from(table!.device, [2, 0, 2, 2, 3, 0], {
        shape: [2, 3],
        dtype: "i32",
      });
      return gather(table!, indices);
    },
    expected: (table) =>
      [2, 0, 2, 2, 3, 0].flatMap((i) =>
        Array.from(table!).slice(3 * i, 3 * i + 3)
      ),
  },
  {
    name: "concat",
    shapes: [[2, 1, 2], [2, 3, 2]],
    run: (a, b) => concat([a!, b!], 1),
    expected: (a, b) =>
      each(
        [2, 4, 2],
        ([i, j, k]) =>
          j! < 1
            ? at(a!, [i!, j!, k!], [2, 1, 2])
            : at(b!, [i!, j! - 1, k!], [2, 3, 2]),
      ),
  },
  {
    name: "slice",
    shapes: [[2, 5, 2]],
    run: (x) => slice(x!, 1, { start: 1, end: 3 }),
    expected: (x) =>
      each([2, 2, 2], ([i, j, k]) => at(x!, [i!, j! + 1, k!], [2, 5, 2])),
  },
  {
    name: "split, of which a part is not used",
    shapes: [[2, 6]],
    run: (x) => {
      const [a, b, c] = split(x!, 1, [2, 2, 2]);
      using _ = b!;
      return ops.mul(a!, c!);
    },
    expected: (x) =>
      each(
        [2, 2],
        ([i, j]) => at(x!, [i!, j!], [2, 6]) * at(x!, [i!, j! + 4], [2, 6]),
      ),
  },
  {
    name: "pad",
    shapes: [[2, 3]],
    run: (x) => pad(x!, [[1, 0], [2, 1]], { value: 3 }),
    expected: (x) =>
      each(
        [3, 6],
        ([i, j]) =>
          i! >= 1 && j! >= 2 && j! < 5 ? at(x!, [i! - 1, j! - 2], [2, 3]) : 3,
      ),
  },
  {
    name: "permute",
    shapes: [[2, 3, 4]],
    run: (x) => permute(x!, [2, 0, 1]),
    expected: (x) =>
      each([4, 2, 3], ([k, i, j]) => at(x!, [i!, j!, k!], [2, 3, 4])),
  },
  {
    name: "reshape",
    shapes: [[2, 6]],
    run: (x) => softmax(x!.reshape([4, 3])),
    expected: (x) => reference.rows(x!, 3, reference.softmaxRow),
  },
  {
    name: "cast",
    shapes: [[4]],
    run: (x) => cast(unary.square(x!), "f32"),
    expected: (x) => Array.from(x!, (v) => v * v),
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
    run: (x) => ops.mul(x!, mean(x!, { axes: [1], keepDims: true })),
    expected: (x) =>
      reference.rows(x!, 4, (row) => {
        const centre = row.reduce((a, b) => a + b) / 4;
        return row.map((v) => v * centre);
      }),
  },
];

/** Step of the differences: their error is about its square. */
const STEP = 2 ** -13;

for (const { name, shapes, run, expected, ...options } of CASES) {
  const { value = (x: number) => x } = options;
  forEachDevice(
    `gradient of ${name} is that of differences in float64`,
    async (device) => {
      using inputs = new Inputs(device);
      const values = shapes.map((shape, i) =>
        randomArray(i + 1, shape.reduce((a, b) => a * b, 1)).map(value)
      );
      const y = expected(...values);
      const weights = randomArray(8, y.length);
      const operands = shapes.map((shape, i) =>
        inputs.tensor(values[i]!, shape)
      );
      const projection = inputs.tensor(weights);
      const { value: loss, grads } = valueAndGrad(
        () => sum(ops.mul(run(...operands).reshape([-1]), projection)),
        operands,
      );
      using _ = loss;
      const project = (operands: readonly Values[]) => {
        const y = expected(...operands);
        return weights.reduce((total, weight, i) => total + weight * y[i]!, 0);
      };
      for (const [k, grad] of grads.entries()) {
        const differences = Float64Array.from(values[k]!, (x, i) => {
          const moved = (to: number) =>
            project(
              values.map((own, j) =>
                j === k ? Float64Array.from(own).with(i, to) : own
              ),
            );
          return (moved(x + STEP) - moved(x - STEP)) / (2 * STEP);
        });
        assertRelative(await read(grad), differences, F32);
      }
    },
  );
}
