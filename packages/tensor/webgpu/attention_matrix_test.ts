import {
  attentionMatrixBytes,
  attentionMatrixWgsl,
} from "@edit-transfer/kernels";
import { assertRelative } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import {
  AttentionCase,
  type AttentionShape,
  type Magnitudes,
} from "../ops/_test_attention.ts";
import { testAdapter } from "../_test_adapter.ts";
import { Tensor } from "../tensor.ts";
import { gpuTest } from "./_test_device.ts";
import { messagesOf } from "./_test_null_device.ts";
import { attentionByMatrices, type AttentionMatrices } from "./attention.ts";
import type { WebGpuDevice } from "./device.ts";

const F16: AttentionMatrices = { type: "f16", size: 16, lanes: 32 };
const F32: AttentionMatrices = { type: "f32", size: 8, lanes: 32 };

for (const headDim of [64, 128]) {
  for (const matrices of [F16, F32]) {
    const spec = { headDim, ...matrices };
    Deno.test(`attention on matrices of ${spec.type} is valid for heads of ${headDim}`, async () => {
      assert.deepEqual(await messagesOf(attentionMatrixWgsl(spec)), []);
      assert.ok(attentionMatrixBytes(spec) <= 32 * 1024);
    });
  }
}

/** Compares with float64, matrices being loops. */
async function compare(
  device: WebGpuDevice,
  shape: AttentionShape,
  { matrices, magnitudes }: {
    matrices: AttentionMatrices;
    magnitudes?: Magnitudes;
  },
): Promise<void> {
  using values = new AttentionCase(device, shape, magnitudes);
  const { scale } = values;
  const { q, k, v } = values.operands();
  using logSumExp = new Tensor(device, q.shape.slice(0, 3));
  using y = new Tensor(device, q.shape);
  attentionByMatrices(device, y, [q, k, v], {
    scale,
    bias: undefined,
    logSumExp,
    matrices: { ...matrices, emulate: true },
  });
  const expected = values.expected();
  const limit = matrices.type === "f16" ? 2e-3 : 1e-5;
  const error = assertRelative(await y.data(), expected.y, limit);
  assertRelative(await logSumExp.data(), expected.logSumExp, limit);
  if (shape.Lk > 1) assert.ok(error > 0);
}

const lacks = testAdapter?.features.has("subgroups") ? undefined : "subgroups";

for (const matrices of [F16, F32]) {
  for (
    const [heads, Lq, Lk, D] of [
      [1, 1, 1, 64],
      [2, 31, 33, 64],
      [1, 65, 63, 64],
      [1, 49, 100, 128],
    ] as const
  ) {
    // the software adapter takes 12 s to compile those of f16
    if (matrices === F16 && D === 128) continue;
    gpuTest(
      `attention on loops for matrices of ${matrices.type} matches float64 at ${heads} ${Lq} ${Lk} ${D}`,
      { lacks },
      (device) => compare(device, { heads, Lq, Lk, D }, { matrices }),
    );
  }
  gpuTest(
    `attention on loops for matrices of ${matrices.type} rescales its result`,
    { lacks },
    // later keys are larger, so that the largest score grows by more than 8
    (device) =>
      compare(device, { heads: 1, Lq: 20, Lk: 160, D: 64 }, {
        matrices,
        magnitudes: {
          q: [3],
          k: Array.from({ length: 160 }, (_, i) => 0.1 + i / 20),
        },
      }),
  );
  gpuTest(
    `attention on loops for matrices of ${matrices.type} takes rows of 300 and 1e-3`,
    { lacks },
    (device) =>
      compare(device, { heads: 2, Lq: 33, Lk: 40, D: 64 }, {
        matrices,
        magnitudes: { q: [300, 1e-3, 1], k: [1e-3], v: [300, 1e-3] },
      }),
  );
}
