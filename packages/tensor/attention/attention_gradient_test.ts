import { assertRelative } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { forEachDevice, read } from "../_test_devices.ts";
import { valueAndGrad } from "../autograd/value_and_grad.ts";
import type { Device } from "../backend.ts";
import { openDryDevice } from "../dry_device.ts";
import { F32 } from "../ops/_test_op.ts";
import { mul } from "../ops/binary/binary.ts";
import { sum } from "../ops/sum/sum.ts";
import { scope } from "../scope.ts";
import { Tensor } from "../tensor.ts";
import {
  ATTENTION_SHAPES,
  AttentionCase,
  type AttentionShape,
  type Magnitudes,
  UNEVEN,
} from "./_test_attention.ts";
import { attention } from "./attention.ts";

/** Compares the gradients under the tape with float64. */
async function compare(
  device: Device,
  shape: AttentionShape,
  magnitudes?: Magnitudes,
): Promise<void> {
  using values = new AttentionCase(device, shape, magnitudes);
  const { q, k, v, dy } = values.operands();
  const { value, grads } = valueAndGrad(
    () => scope(() => sum(mul(attention(q, k, v), dy))),
    [q, k, v],
  );
  value.dispose();
  const expected = values.expected();
  for (const [i, name] of (["dq", "dk", "dv"] as const).entries()) {
    assertRelative(await read(grads[i]!), expected[name], F32);
  }
}

for (const shape of ATTENTION_SHAPES) {
  const { heads, Lq, Lk, D } = shape;
  // one score: its gradient is 0 but for rounding
  if (Lk === 1) continue;
  forEachDevice(
    `gradients of attention() match float64 at ${heads} ${Lq} ${Lk} ${D}`,
    (device) => compare(device, shape),
  );
}

forEachDevice(
  "gradients of attention() match float64 in blocks of queries",
  // all scores of a head would take 4.8 MB
  (device) => compare(device, { heads: 1, Lq: 1101, Lk: 1100, D: 4 }),
);

forEachDevice(
  "gradients of attention() match float64 with rows of 300 and 1e-3",
  (device) => compare(device, { heads: 2, Lq: 66, Lk: 70, D: 64 }, UNEVEN),
);

forEachDevice(
  "gradient of attention() by one of its operands is that by all",
  async (device) => {
    using values = new AttentionCase(device, {
      heads: 2,
      Lq: 5,
      Lk: 8,
      D: 8,
    });
    const { dy, ...operands } = values.operands();
    const { q, k, v } = operands;
    const grads = async (wrt: readonly (typeof q)[]) => {
      const { value, grads } = valueAndGrad(
        () => scope(() => sum(mul(attention(q, k, v), dy))),
        wrt,
      );
      value.dispose();
      return await Promise.all(grads.map(read));
    };
    const all = await grads([q, k, v]);
    for (const [i, operand] of [q, k, v].entries()) {
      assert.deepEqual(await grads([operand]), [all[i]]);
    }
  },
);

forEachDevice(
  "gradient of attention() holds no scores of all queries",
  async (device) => {
    // 2 heads: all scores would be 34 MB
    const shape = { heads: 2, Lq: 2048, Lk: 2048, D: 8 };
    using values = new AttentionCase(device, shape);
    const { q, k, v, dy } = values.operands();
    const before = device.memory.bytes;
    const { value, grads } = valueAndGrad(
      () => scope(() => sum(mul(attention(q, k, v), dy))),
      [q, k, v],
    );
    await value.data();
    for (const tensor of [value, ...grads]) tensor.dispose();
    const scores = 4 * shape.heads * shape.Lq * shape.Lk;
    const peak = device.memory.peakBytes - before;
    assert.ok(peak < 0.75 * scores, `got ${peak} of ${scores} bytes`);
  },
);

Deno.test("gradient of attention() over 4,608 tokens of FLUX.1 takes less than a head's scores", async () => {
  const device = await openDryDevice("cpu", { threads: 2 });
  const shape = [1, 24, 4608, 128];
  const [q, k, v] = [1, 2, 3].map(() => new Tensor(device, shape));
  const wrt = [q!, k!, v!];
  const before = device.memory.bytes;
  const { value, grads } = valueAndGrad(
    () => scope(() => sum(attention(q!, k!, v!))),
    wrt,
  );
  const peak = device.memory.peakBytes - before;
  for (const tensor of [value, ...grads, ...wrt]) tensor.dispose();
  assert.equal(device.memory.tensors, 0);
  device[Symbol.dispose]();
  // besides the result, what it is weighed by, and the gradients
  const scratch = peak - 5 * q!.sizeBytes;
  assert.ok(scratch < 4 * 4608 ** 2, `got ${scratch} bytes`);
});
