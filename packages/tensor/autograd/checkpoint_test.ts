import { randomArray } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { forEachDevice } from "../_test_devices.ts";
import { linear } from "../gemm/linear.ts";
import { Inputs } from "../ops/_test_op.ts";
import { add, mul } from "../ops/binary/binary.ts";
import { sum } from "../ops/sum/sum.ts";
import { exp, silu, square } from "../ops/unary/unary.ts";
import { scope } from "../scope.ts";
import type { Tensor } from "../tensor.ts";
import { checkpoint } from "./checkpoint.ts";
import { valueAndGrad } from "./value_and_grad.ts";

/** Bytes of all results, which are freed. */
async function bytesOf(
  { value, grads }: { value: Tensor; grads: Tensor[] },
): Promise<Uint32Array[]> {
  const bytes = [];
  for (const tensor of [value, ...grads]) {
    bytes.push(Uint32Array.from(new Uint32Array((await tensor.data()).buffer)));
    tensor.dispose();
  }
  return bytes;
}

const [C, BLOCKS] = [64, 6];

for (const needsInput of [false, true]) {
  forEachDevice(
    `checkpoint() changes no byte of a gradient, ${
      needsInput ? "by the input too" : "of adapters only"
    }`,
    async (device) => {
      using inputs = new Inputs(device);
      const make = (seed: number, ...shape: number[]) => {
        const n = shape.reduce((a, b) => a * b, 1);
        return inputs.tensor(randomArray(seed, n, 0.3), shape);
      };
      const x = make(1, 512, C);
      const shared = make(2, C); // used by all blocks, twice each
      const weights = Array.from(
        { length: BLOCKS },
        (_, i) => make(3 + i, C, C),
      );
      const frozen = make(99, C, C);
      const block = (weight: Tensor, x: Tensor, shared: Tensor) =>
        scope(() => {
          const y = silu(linear(mul(x, shared), weight));
          return add(add(x, shared), linear(square(exp(y)), frozen));
        });
      const run = (checkpointed: boolean) => {
        const wrt = [...weights, ...(needsInput ? [x, shared] : [])];
        return valueAndGrad(() =>
          scope(() => {
            let y = x;
            for (const weight of weights) {
              const before = y;
              y = checkpointed
                ? checkpoint(([y, s]) => [block(weight, y!, s!)], [
                  y,
                  shared,
                ])[0]!
                : block(weight, y, shared);
              if (before !== x) before.dispose();
            }
            return sum(square(y));
          }), wrt);
      };
      const peak = (checkpointed: boolean) => {
        const before = device.memory.bytes;
        let most = 0;
        const { allocate } = device;
        device.allocate = (...args) => {
          const storage = allocate.apply(device, args);
          most = Math.max(most, device.memory.bytes - before);
          return storage;
        };
        const result = run(checkpointed);
        device.allocate = allocate;
        return { result, most };
      };
      const kept = peak(false);
      const rerun = peak(true);
      assert.deepEqual(await bytesOf(rerun.result), await bytesOf(kept.result));
      assert.ok(rerun.most < 0.6 * kept.most, `${rerun.most} ${kept.most}`);
    },
  );
}

forEachDevice("checkpoint() nests, with several results", async (device) => {
  using inputs = new Inputs(device);
  const x = inputs.tensor([1, 2]);
  const result = valueAndGrad(() =>
    scope(() => {
      const [a, b] = checkpoint(([x]) => {
        const [y] = checkpoint(([x]) => [square(x!)], [x!]);
        return [y!, mul(y!, x!), x!];
      }, [x]);
      return sum(add(a!, b!));
    }), [x]);
  const values = (await bytesOf(result)).map((
    bytes,
  ) => [...new Float32Array(bytes.buffer)]);
  assert.deepEqual(values, [[14], [5, 16]]); // x² + x³, 2x + 3x²
});

forEachDevice(
  "checkpoint() is a scope outside of valueAndGrad()",
  async (device) => {
    using inputs = new Inputs(device);
    const x = inputs.tensor([2]);
    const before = device.memory.tensors;
    const [y] = checkpoint(([x]) => [square(square(x!))], [x]);
    assert.equal(device.memory.tensors, before + 1);
    assert.deepEqual([...await y!.data()], [16]);
    y!.dispose();
  },
);

forEachDevice("checkpoint() refuses tensors from outside", async (device) => {
  using inputs = new Inputs(device);
  const x = inputs.tensor([2]);
  assert.throws(
    () =>
      valueAndGrad(() =>
        scope(() => {
          const y = square(x);
          return checkpoint(() => [exp(y)], [])[0]!;
        }), [x]),
    {
      message:
        "Cannot checkpoint as what a gradient flows to must be among the inputs: got tensor [1] from outside",
    },
  );
  await Promise.resolve();
});
