import { assertRelative } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { F32 } from "../../ops/_test_op.ts";
import { Tensor } from "../../tensor.ts";
import { gpuTest } from "../../webgpu/_test_device.ts";
import type { WebGpuDevice } from "../../webgpu/device.ts";
import {
  ATTENTION_SHAPES,
  AttentionCase,
  type AttentionShape,
  type Magnitudes,
  UNEVEN,
} from "../_test_attention.ts";
import { attentionByTiles } from "./attention.ts";
import { attentionGradientByTiles } from "./gradient.ts";
import { attentionGradientByScores } from "./gradient_scores.ts";

/** Compares a forward pass that keeps, and the gradients, with float64. */
async function compare(
  device: WebGpuDevice,
  shape: AttentionShape,
  { magnitudes, gradient = attentionGradientByTiles }: {
    magnitudes?: Magnitudes;
    gradient?: typeof attentionGradientByTiles;
  } = {},
): Promise<void> {
  using values = new AttentionCase(device, shape, magnitudes);
  const { scale } = values;
  const { q, k, v, dy } = values.operands();
  using logSumExp = new Tensor(device, q.shape.slice(0, 3));
  using y = new Tensor(device, q.shape);
  const options = { scale, bias: undefined, logSumExp };
  attentionByTiles(device, y, [q, k, v], options);
  using dq = new Tensor(device, q.shape);
  using dk = new Tensor(device, k.shape);
  using dv = new Tensor(device, v.shape);
  const kept = { y, logSumExp };
  gradient(device, { dq, dk, dv }, { q, k, v, dy, kept }, { scale });
  const expected = values.expected();
  for (
    const [name, tensor] of Object.entries({ y, logSumExp, dv, dq, dk })
  ) {
    // one score: its gradient is 0 but for rounding
    if (shape.Lk === 1 && (tensor === dq || tensor === dk)) continue;
    const limit = tensor === logSumExp ? 1e-6 : F32;
    const wanted = expected[name as keyof typeof expected];
    const error = assertRelative(await tensor.data(), wanted, limit);
    if (shape.Lk > 1) assert.ok(error > 0, `${name} is suspiciously exact`);
  }
}

for (const shape of ATTENTION_SHAPES) {
  const { heads, Lq, Lk, D } = shape;
  gpuTest(
    `attentionGradientByTiles() matches float64 at ${heads} ${Lq} ${Lk} ${D}`,
    {},
    (device) => compare(device, shape),
  );
}

gpuTest(
  "attentionGradientByTiles() takes rows of 300 and 1e-3",
  {},
  (device) =>
    compare(device, { heads: 2, Lq: 66, Lk: 70, D: 64 }, {
      magnitudes: UNEVEN,
    }),
);

const SHAPE = { heads: 5, Lq: 70, Lk: 33, D: 16 };

for (
  const [name, options] of Object.entries({
    "some heads after the other": { maxWork: 10 * 70 * 33 * 16 * 2 },
    "heads that are bound apart": { maxBindingBytes: 256 * 40 },
  })
) {
  gpuTest(
    `attentionGradientByTiles() with ${name}`,
    options,
    (device) => compare(device, SHAPE),
  );
}

gpuTest("attentionGradientByScores() in blocks of queries", {
  maxBindingBytes: 8 * 1024,
}, (device) => compare(device, SHAPE, { gradient: attentionGradientByScores }));

gpuTest("attention under the tape keeps what its kernels read", {
  hardware: true,
}, async (device) => {
  using values = new AttentionCase(device, SHAPE);
  const { q, k } = values.operands();
  assert.equal(device.kernels.attentionKeeps(q, k), true);
  using wide = values.tensor(new Float32Array(132), [1, 1, 1, 132]);
  assert.equal(device.kernels.attentionKeeps(wide, wide), false);
  await device.sync();
});
