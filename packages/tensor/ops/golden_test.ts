import {
  assertClose,
  assertRelative,
  readGolden,
} from "@edit-transfer/testing";
import { f32ToBf16 } from "@edit-transfer/weights";
import { forEachDevice, read } from "../_test_devices.ts";
import { attention } from "../attention/attention.ts";
import type { Activation } from "../gemm/epilogue.ts";
import { linear } from "../gemm/linear.ts";
import { matmul } from "../gemm/matmul.ts";
import type { Tensor } from "../tensor.ts";
import { F32, Inputs } from "./_test_op.ts";
import { addGated } from "./add_gated/add_gated.ts";
import { conv2d } from "./conv2d/conv2d.ts";
import { gather } from "./gather/gather.ts";
import { groupNorm } from "./group_norm/group_norm.ts";
import { layerNorm } from "./layer_norm/layer_norm.ts";
import { modulate } from "./modulate/modulate.ts";
import { pad } from "./pad/pad.ts";
import { permute } from "./permute/permute.ts";
import { rmsNorm } from "./rms_norm/rms_norm.ts";
import { rope } from "./rope/rope.ts";
import { softmax } from "./softmax/softmax.ts";
import * as unary from "./unary/unary.ts";
import { upsampleNearest2d } from "./upsample_nearest2d/upsample_nearest2d.ts";

type Numbers = Readonly<Record<string, string>>;

interface Case {
  /** File in fixtures/goldens/ops. */
  readonly file: string;
  readonly run: (t: (name: string) => Tensor, metadata: Numbers) => Tensor;
  /** Array to compare with, by default `y`. */
  readonly expected?: string;
  /** Leading axes at whose every index the rest has to be close on its own. */
  readonly leading?: number;
}

const conv2dCase = (name: string): Case => ({
  file: `conv2d_${name}`,
  run: (t, { stride, padding }) => {
    const [top, bottom, left, right] = JSON.parse(padding!);
    return conv2d(t("x"), t("weight"), {
      bias: t("bias"),
      stride: Number(stride),
      padding: { top, bottom, left, right },
    });
  },
});

const groupNormCase = (silu: boolean): Case => ({
  file: "group_norm",
  expected: silu ? "silu" : "y",
  leading: 1,
  run: (t, { eps, groups }) =>
    groupNorm(t("x"), {
      weight: t("weight"),
      bias: t("bias"),
      groups: Number(groups),
      eps: Number(eps),
      silu,
    }),
});

const linearFusedCase = (activation: Activation): Case => ({
  file: "linear_fused",
  expected: activation,
  run: (t, { scale }) =>
    linear(t("x"), t("weight"), t("bias"), {
      branches: [{ A: t("a"), B: t("b"), scale: Number(scale) }],
      activation,
      residual: { x: t("stream"), gate: t("gate") },
    }),
});

const CASES: Case[] = [
  { file: "matmul", run: (t) => matmul(t("a"), t("b")) },
  ...(["gelu", "geluTanh", "silu", "quickGelu"] as const).map(linearFusedCase),
  { file: "linear", run: (t) => linear(t("x"), t("weight"), t("bias")) },
  { file: "attention", run: (t) => attention(t("q"), t("k"), t("v")) },
  {
    file: "attention_bias",
    run: (t, { scale }) =>
      attention(t("q"), t("k"), t("v"), {
        bias: t("bias"),
        scale: Number(scale),
      }),
  },
  { file: "attention_wide", run: (t) => attention(t("q"), t("k"), t("v")) },
  ...([
    "exp",
    "tanh",
    "sigmoid",
    "silu",
    "gelu",
    "geluTanh",
    "quickGelu",
  ] as const).map((name): Case => ({
    file: "unary",
    expected: name,
    run: (t) => unary[name](t("x")),
  })),
  { file: "modulate", run: (t) => modulate(t("x"), t("shift"), t("scale")) },
  {
    file: "add_gated",
    expected: "out",
    run: (t) => addGated(t("x"), t("gate"), t("y")),
  },
  {
    file: "layer_norm",
    leading: 2,
    run: (t, { eps }) => layerNorm(t("x"), { eps: Number(eps) }),
  },
  {
    file: "layer_norm_affine",
    leading: 2,
    run: (t, { eps }) =>
      layerNorm(t("x"), {
        weight: t("weight"),
        bias: t("bias"),
        eps: Number(eps),
      }),
  },
  {
    file: "rms_norm",
    leading: 2,
    run: (t, { eps }) => rmsNorm(t("x"), t("weight"), { eps: Number(eps) }),
  },
  groupNormCase(false),
  groupNormCase(true),
  { file: "softmax", run: (t) => softmax(t("x")) },
  { file: "rope", run: (t) => rope(t("x"), t("cos"), t("sin")) },
  ...["same", "down", "point", "odd"].map(conv2dCase),
  { file: "upsample_nearest2d", run: (t) => upsampleNearest2d(t("x")) },
  { file: "permute", run: (t, { axes }) => permute(t("x"), JSON.parse(axes!)) },
  {
    file: "pad",
    run: (t, { value }) =>
      pad(t("x"), [[1, 1], [2, 0], [0, 3], [1, 2]], { value: Number(value) }),
  },
];

for (const { file, run, expected = "y", leading = 0 } of CASES) {
  forEachDevice(`${file} matches ${expected} of PyTorch`, async (device) => {
    using inputs = new Inputs(device);
    const { arrays, shapes, metadata } = readGolden(`ops/${file}`);
    const y = run(
      (name) => inputs.tensor(arrays[name]!, shapes[name]!),
      metadata,
    );
    const rowSize = y.shape.slice(leading).reduce((a, b) => a * b);
    const actual = await read(y);
    for (let i = 0; i < actual.length; i += rowSize) {
      assertRelative(
        actual.slice(i, i + rowSize),
        arrays[expected]!.slice(i, i + rowSize),
        F32,
      );
    }
  });
}

forEachDevice("linear_bf16 matches y of PyTorch", async (device) => {
  using inputs = new Inputs(device);
  const { arrays, shapes } = readGolden("ops/linear_bf16");
  const weight = f32ToBf16(arrays.weight!); // exact: it was bf16 before
  const y = linear(
    inputs.tensor(arrays.x!, shapes.x!),
    inputs.tensor(weight, shapes.weight!, "bf16"),
  );
  assertRelative(await read(y), arrays.y!, F32);
});

forEachDevice("gather matches y of PyTorch", async (device) => {
  using inputs = new Inputs(device);
  const { arrays, integers, shapes } = readGolden("ops/gather");
  const y = gather(
    inputs.tensor(arrays.table!, shapes.table!),
    inputs.tensor(integers.indices!, shapes.indices!, "i32"),
  );
  assertClose(await read(y), arrays.y!, { atol: 0, rtol: 0 });
});
