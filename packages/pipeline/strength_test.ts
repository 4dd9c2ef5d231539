import { openDevice, Tensor } from "@edit-transfer/tensor";
import { assertRelative } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { withStrength } from "./strength.ts";
import type { Velocity } from "./velocity.ts";

for (const strength of [-0.5, 0, 0.25, 1, 2]) {
  Deno.test(`withStrength(${strength}) is v₀ + s (v₁ − v₀), in no more passes than it takes`, async () => {
    using device = await openDevice("cpu", { threads: 1 });
    const tensor = (...values: number[]) =>
      Tensor.from(device, values, { shape: [1, values.length, 1] });
    const passes: string[] = [];
    const constant = (name: string, ...v: number[]): Velocity => (x, sigma) => {
      assert.deepEqual([x.shape[1], sigma], [2, 0.5]);
      passes.push(name);
      return Promise.resolve(tensor(...v));
    };
    const velocity = withStrength(strength, {
      edited: constant("edited", 3, -1),
      unedited: constant("unedited", 1, 1),
    });
    {
      using x = tensor(0, 0);
      using v = await velocity(x, 0.5);
      assertRelative(
        await v.data(),
        [1 + 2 * strength, 1 - 2 * strength],
        1e-6,
      );
    }
    assert.deepEqual(
      passes,
      strength === 1
        ? ["edited"]
        : strength === 0
        ? ["unedited"]
        : ["unedited", "edited"],
    );
    assert.equal(device.memory.tensors, 0);
  });
}

for (const strength of [-0.51, 2.01, NaN, Infinity]) {
  Deno.test(`withStrength() refuses ${strength}`, () => {
    const none: Velocity = () => Promise.reject(new Error("Not asked for"));
    assert.throws(
      () => withStrength(strength, { edited: none, unedited: none }),
      {
        name: "RangeError",
        message:
          `Cannot edit as the strength must be from -0.5 to 2: got ${strength}`,
      },
    );
  });
}
