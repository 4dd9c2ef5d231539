import { assertRelative } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { testAdapter } from "../../_test_adapter.ts";
import { Tensor } from "../../tensor.ts";
import { gpuTest } from "../../webgpu/_test_device.ts";
import {
  lacksUnit,
  testUnit,
  testUnits,
} from "../../webgpu/_test_matrix_units.ts";
import { messagesOf } from "../../webgpu/_test_null_device.ts";
import type { WebGpuDevice } from "../../webgpu/device.ts";
import {
  AttentionCase,
  type AttentionShape,
  type Magnitudes,
  UNEVEN,
} from "../_test_attention.ts";
import { attentionMatrixWgsl } from "../wgsl/matrix.ts";
import {
  attentionMatrixGradientOfKeysWgsl,
  attentionMatrixGradientOfQueriesWgsl,
} from "../wgsl/matrix_gradient.ts";
import { attentionMatrixBytes } from "../wgsl/matrix_layout.ts";
import {
  type AttentionResults,
  sampledAttention,
} from "./_test_sampled_attention.ts";
import { attentionByMatrices } from "./attention.ts";
import type { AttentionMatrices } from "./choice.ts";
import { attentionGradientByMatrices } from "./gradient_matrix.ts";

const TYPES = ["f16", "f32"] as const;
const LOOPS: Record<string, AttentionMatrices> = {
  f16: { type: "f16", size: 16, lanes: 32, emulate: true },
  f32: { type: "f32", size: 8, lanes: 32, emulate: true },
};
const LIMITS = { f16: 2e-3, f32: 1e-5 };

for (const headDim of [64, 128]) {
  for (const type of TYPES) {
    for (const lanes of [32, 64]) {
      const size = type === "f16" ? 16 : 8;
      const spec = { headDim, type, size, lanes };
      if (type === "f32" && lanes === 64) continue; // too few scores for each
      Deno.test(`attention on matrices of ${type} is valid for heads of ${headDim}, ${lanes} lanes`, async () => {
        for (
          const write of [
            attentionMatrixWgsl,
            attentionMatrixGradientOfQueriesWgsl,
            attentionMatrixGradientOfKeysWgsl,
          ]
        ) {
          assert.deepEqual(await messagesOf(write(spec)), [], write.name);
        }
        assert.ok(attentionMatrixBytes(spec) <= 32 * 1024);
      });
    }
  }
}

/** Runs both passes. */
async function run(
  device: WebGpuDevice,
  values: AttentionCase,
  matrices: AttentionMatrices,
): Promise<AttentionResults> {
  const { scale } = values;
  const { q, k, v, dy } = values.operands();
  using logSumExp = new Tensor(device, q.shape.slice(0, 3));
  using y = new Tensor(device, q.shape);
  using dq = new Tensor(device, q.shape);
  using dk = new Tensor(device, k.shape);
  using dv = new Tensor(device, v.shape);
  const options = { scale, bias: undefined, logSumExp, matrices };
  attentionByMatrices(device, y, [q, k, v], options);
  const from = { q, k, v, dy, kept: { y, logSumExp } };
  const out = { dq, dk, dv };
  attentionGradientByMatrices(device, out, from, { scale, matrices });
  return {
    y: await y.data(),
    logSumExp: await logSumExp.data(),
    dq: await dq.data(),
    dk: await dk.data(),
    dv: await dv.data(),
  };
}

/** Compares all of it with float64. */
async function compare(
  device: WebGpuDevice,
  shape: AttentionShape,
  { matrices, magnitudes }: {
    matrices: AttentionMatrices;
    magnitudes?: Magnitudes | undefined;
  },
): Promise<void> {
  using values = new AttentionCase(device, shape, magnitudes);
  if (magnitudes === GROWING) {
    // scores of 80 would turn the rounding of q and k into 80 times as much
    for (const array of [values.values.q, values.values.k]) {
      for (const [i, x] of array.entries()) array[i] = Math.round(64 * x) / 64;
    }
  }
  const found = await run(device, values, matrices);
  const expected = values.expected();
  for (const name of ["y", "logSumExp", "dq", "dk", "dv"] as const) {
    // one score: its gradient is 0 but for rounding
    if (shape.Lk === 1 && (name === "dq" || name === "dk")) continue;
    const limit = LIMITS[matrices.type];
    const error = assertRelative(found[name], expected[name], limit);
    if (shape.Lk > 1) assert.ok(error > 0, `${name} is suspiciously exact`);
  }
}

/** Compares a sample of rows with float64. */
async function compareSample(
  device: WebGpuDevice,
  shape: AttentionShape,
  { matrices }: { matrices: AttentionMatrices },
): Promise<void> {
  using values = new AttentionCase(device, shape);
  const found = await run(device, values, matrices);
  const sample = sampledAttention(values, shape, found);
  for (const { actual, expected } of Object.values(sample)) {
    assertRelative(actual, expected, LIMITS[matrices.type]);
  }
}

/** The largest score grows by more than 8 from early keys to late ones. */
const GROWING: Magnitudes = {
  q: [3],
  k: Array.from({ length: 160 }, (_, i) => 0.1 + i / 20),
};

/** Registers the tests of a way to multiply matrices. */
function testMatrices(
  name: string,
  { matrices, lacks, D, flux }: {
    matrices: AttentionMatrices;
    lacks: string | undefined;
    D: number;
    /** Length at which the 24 heads of FLUX.1 are computed, if they are. */
    flux?: number | undefined;
  },
): void {
  for (
    const [what, shape, magnitudes] of [
      ["one token", { heads: 1, Lq: 1, Lk: 1 }],
      ["odd lengths", { heads: 2, Lq: 31, Lk: 33 }],
      ["a tile and one more or less", { heads: 1, Lq: 65, Lk: 63 }],
      ["a tile", { heads: 1, Lq: 64, Lk: 64 }],
      ["growing scores", { heads: 1, Lq: 20, Lk: 160 }, GROWING],
      ["rows of 300 and 1e-3", { heads: 2, Lq: 33, Lk: 40 }, UNEVEN],
      [
        "a small gradient",
        { heads: 2, Lq: 33, Lk: 40 },
        { dy: [1e-12, 3e-14], v: [300] },
      ],
    ] as const
  ) {
    gpuTest(
      `attention and its gradient on ${name}: ${what}`,
      { lacks },
      (device) => compare(device, { ...shape, D }, { matrices, magnitudes }),
    );
  }
  if (flux === undefined) return;
  const shape = { heads: 24, Lq: flux, Lk: flux, D: 128 };
  gpuTest(
    `attention and its gradient on ${name}: 24 heads of 128, ${flux} tokens`,
    { lacks },
    (device) => compareSample(device, shape, { matrices }),
  );
}

const lacks = testAdapter?.features.has("subgroups") ? undefined : "subgroups";

for (const type of TYPES) {
  // heads of one width, as compiling takes a software adapter seconds
  const D = type === "f16" ? 128 : 64;
  const matrices = LOOPS[type]!;
  testMatrices(`loops for units of ${type}`, { matrices, lacks, D, flux: 70 });
  for (const D of [64, 128]) {
    const { M: size = 16 } = testUnit(type) ?? {};
    testMatrices(`units of ${type}, heads of ${D}`, {
      matrices: { type, size, lanes: testUnits.lanes },
      lacks: lacksUnit(type),
      D,
      flux: D === 128 ? 4608 : undefined,
    });
  }
}

for (
  const [name, options] of Object.entries({
    "some heads after the other": { maxWork: 10 * 70 * 33 * 64 * 2 },
    "heads that are bound apart": { maxBindingBytes: 256 * 80 },
  })
) {
  gpuTest(
    `attention and its gradient on loops for units of f32: ${name}`,
    { ...options, lacks },
    (device) => {
      const shape = { heads: 5, Lq: 70, Lk: 33, D: 64 };
      return compare(device, shape, { matrices: LOOPS.f32! });
    },
  );
}
