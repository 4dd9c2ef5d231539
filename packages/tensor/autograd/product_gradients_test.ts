import { attention } from "../attention/attention.ts";
import { linear } from "../gemm/linear.ts";
import { matmul } from "../gemm/matmul.ts";
import * as reference from "../ops/_reference.ts";
import { conv2d } from "../ops/conv2d/conv2d.ts";
import { groupNorm } from "../ops/group_norm/group_norm.ts";
import { layerNorm } from "../ops/layer_norm/layer_norm.ts";
import { layerNormModulate } from "../ops/layer_norm_modulate/layer_norm_modulate.ts";
import { rmsNorm } from "../ops/rms_norm/rms_norm.ts";
import { rmsNormRope } from "../ops/rms_norm_rope/rms_norm_rope.ts";
import { softmax } from "../ops/softmax/softmax.ts";
import { Tensor } from "../tensor.ts";
import {
  type Case,
  each,
  type Shape,
  testGradients,
  type Values,
} from "./_test_gradients.ts";

const logistic = (x: number) => 1 / (1 + Math.exp(-x));

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

/** All of its options, with two branches. */
function linearCase({ gated }: { gated: boolean }): Case {
  const [B, L, N, K] = [2, 3, 5, 4];
  const scales = [0.5, 1];
  return {
    name: `linear with branches, ${gated ? "activation, gate" : "residual"}`,
    shapes: [
      [B, L, K],
      [N, K],
      [N],
      [B, L, N],
      [2, K],
      [N, 2],
      [3, K],
      [N, 3],
      ...gated ? [[B, N]] : [],
    ],
    run: (x, weight, bias, stream, A0, B0, A1, B1, gate) =>
      linear(x!, weight!, bias!, {
        branches: [[A0, B0], [A1, B1]].map(([A, B], i) => ({
          A: A!,
          B: B!,
          scale: scales[i]!,
        })),
        ...gated && { activation: "silu" },
        residual: { x: stream!, ...gate && { gate } },
      }),
    expected: (x, weight, bias, stream, A0, B0, A1, B1, gate) => {
      const product = (a: Values, b: Values, N: number, K: number) =>
        reference.matmul(a, b, { M: B * L, N, K, transposeB: true });
      const [first, second] = [[A0!, B0!, 2], [A1!, B1!, 3]].map((branch) => {
        const [A, B, r] = branch as [Values, Values, number];
        return product(product(x!, A, r, K), B, N, r);
      });
      return product(x!, weight!, N, K).map((v, i) => {
        const y = v + bias![i % N]! + scales[0]! * first![i]! +
          scales[1]! * second![i]!;
        const at = Math.floor(i / (L * N)) * N + i % N;
        return stream![i]! + (gate ? gate[at]! * y * logistic(y) : y);
      });
    },
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

function layerNormModulateCase(C: number): Case {
  const [B, L, eps] = [2, 3, 1e-2];
  return {
    name: `layerNormModulate C=${C}`,
    shapes: [[B, L, C], [B, C], [B, C]],
    run: (x, shift, scale) =>
      layerNormModulate(x!, { shift: shift!, scale: scale!, eps }),
    expected: (x, shift, scale) =>
      reference.rows(x!, C, (row) => reference.normalize(row, eps))
        .map((y, i) => {
          const at = Math.floor(i / (L * C)) * C + i % C;
          return y * (1 + scale![at]!) + shift![at]!;
        }),
  };
}

/** Two streams of 2 and 1 tokens, whose tables depend on the token. */
function rmsNormRopeCase(D: number): Case {
  const [B, H, eps] = [2, 3, 1e-2];
  const lengths = [2, 1];
  const angle = (l: number, pair: number) => 1.3 * l + 0.7 * pair + 0.2;
  const table = (f: (angle: number) => number) =>
    each([3, D / 2], ([l, pair]) => f(angle(l!, pair!)));
  return {
    name: `rmsNormRope D=${D}`,
    shapes: [[B, 2, H, D], [D], [B, 1, H, D], [D]],
    run: (x0, weight0, x1, weight1) => {
      const parts = [{ x: x0!, weight: weight0! }, {
        x: x1!,
        weight: weight1!,
      }];
      const of = (f: (angle: number) => number) =>
        Tensor.from(x0!.device, table(f), { shape: [3, D / 2] });
      using cos = of(Math.cos);
      using sin = of(Math.sin);
      return rmsNormRope(parts, { cos, sin, eps });
    },
    expected: (...operands) => {
      const normed = lengths.map((_, i) =>
        reference.rows(operands[2 * i]!, D, (row) => reference.rms(row, eps))
          .map((y, j) => y * operands[2 * i + 1]![j % D]!)
      );
      return each([B, H, 3, D], ([b, h, l, d]) => {
        const [part, own] = l! < 2 ? [0, l!] : [1, 0];
        const from = ((b! * lengths[part]! + own) * H + h!) * D + (d! & ~1);
        const [re, im] = normed[part]!.slice(from, from + 2) as unknown as [
          number,
          number,
        ];
        const turn = angle(l!, d! >> 1);
        return d! % 2 === 0
          ? re * Math.cos(turn) - im * Math.sin(turn)
          : re * Math.sin(turn) + im * Math.cos(turn);
      });
    },
  };
}

const CASES: readonly Case[] = [
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
  linearCase({ gated: false }),
  linearCase({ gated: true }),
  attentionCase([[2, 2, 3, 4], [2, 2, 5, 4], [2, 2, 5, 4]]),
  attentionCase([[2, 2, 3, 4], [2, 2, 5, 4], [2, 2, 5, 4], [1, 2, 3, 5]], 0.7),
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
  layerNormModulateCase(5),
  layerNormModulateCase(8),
  rmsNormRopeCase(6),
  rmsNormRopeCase(8),
  groupNormCase(false),
  groupNormCase(true),
  conv2dCase([[2, 5, 4, 3], [2, 3, 3, 3]], 1, [1, 1, 1, 1]),
  conv2dCase([[1, 6, 5, 2], [3, 3, 3, 2]], 2, [0, 1, 0, 1]),
  conv2dCase([[2, 3, 3, 4], [3, 1, 1, 4]], 1, [0, 0, 0, 0]),
  conv2dCase([[1, 7, 6, 2], [2, 4, 2, 2]], 3, [2, 0, 1, 3]),
  conv2dCase([[1, 8, 8, 1], [2, 2, 3, 1]], 3, [0, 0, 0, 0]),
];

CASES.forEach(testGradients);
