import {
  concat,
  type Device,
  openDevice,
  pad,
  permute,
  scope,
  slice,
  sub,
  Tensor,
} from "@edit-transfer/tensor";
import { randomArray } from "@edit-transfer/testing";
import fc from "fast-check";
import assert from "node:assert/strict";
import { gpuTest } from "./_test_device.ts";
import { denseStrides } from "./strided.ts";

Deno.test("denseStrides() counts elements from position to position", () => {
  assert.deepEqual(denseStrides([2, 3, 4]), [12, 4, 1]);
  assert.deepEqual(denseStrides([]), []);
});

/** A shape of up to 5 axes, an order of them, one of them, and a mask of them. */
const layouts = fc.array(fc.constantFrom(1, 2, 3, 4, 8, 12), {
  minLength: 1,
  maxLength: 5,
}).chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    axes: fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }),
    axis: fc.nat(shape.length - 1),
    repeated: fc.array(fc.boolean(), {
      minLength: shape.length,
      maxLength: shape.length,
    }),
  })
);

for (
  const [way, options] of Object.entries({
    "": {},
    " in parts of 2 KiB": { maxBindingBytes: 2048 },
  })
) {
  gpuTest(
    `moving and broadcasting equal the cpu${way}`,
    options,
    async (gpu) => {
      const cpu = await openDevice("cpu", { threads: 1 });
      await fc.assert(
        fc.asyncProperty(layouts, async ({ shape, axes, axis, repeated }) => {
          const compute = async (device: Device) => {
            const make = (seed: number, of: readonly number[]) =>
              Tensor.from(
                device,
                randomArray(seed, of.reduce((n, extent) => n * extent, 1)),
                { shape: of },
              );
            using y = scope(() => {
              const x = make(1, shape);
              const small = make(2, shape.map((n, i) => repeated[i] ? 1 : n));
              const difference = sub(small, sub(x, small));
              const both = concat([difference, x], axis);
              const end = both.shape[axis]!;
              const part = slice(both, axis, { start: end >> 2, end });
              const padded = pad(part, shape.map((_, i) => [i % 3, i % 2]));
              return permute(padded, axes);
            });
            return await y.data();
          };
          assert.deepEqual(await compute(gpu), await compute(cpu));
        }),
        { numRuns: 60, seed: 1 },
      );
      cpu[Symbol.dispose]();
      assert.equal(gpu.memory.tensors, 0);
    },
  );
}
