import { assertRelative, randomArray } from "@edit-transfer/testing";
import { bf16ToF32, f32ToBf16 } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { forEachDevice, read } from "../_test_devices.ts";
import * as reference from "../ops/_reference.ts";
import { F32, Inputs } from "../ops/_test_op.ts";
import { linear } from "./linear.ts";

for (
  const { M, N, K } of [
    { M: 1, N: 1, K: 1 },
    { M: 7, N: 9, K: 5 },
    { M: 77, N: 768, K: 768 }, // text tokens of CLIP
    { M: 9, N: 3072, K: 3072 }, // a few tokens of FLUX.1
  ]
) {
  for (const biased of [false, true]) {
    forEachDevice(
      `linear() matches float64 ${
        biased ? "with" : "without"
      } bias, M=${M} N=${N} K=${K}`,
      async (device) => {
        using inputs = new Inputs(device);
        const x = randomArray(1, M * K);
        const weight = randomArray(2, N * K);
        const bias = randomArray(3, N, 10);
        const y = linear(
          inputs.tensor(x, [1, M, K]),
          inputs.tensor(weight, [N, K]),
          biased ? inputs.tensor(bias) : undefined,
        );
        assert.deepEqual(y.shape, [1, M, N]);
        const expected = reference.matmul(x, weight, {
          M,
          N,
          K,
          transposeB: true,
        });
        assertRelative(
          await read(y),
          biased ? expected.map((value, i) => value + bias[i % N]!) : expected,
          F32,
        );
      },
    );
  }
}

forEachDevice("linear() reads a bf16 weight, however often", async (device) => {
  using inputs = new Inputs(device);
  const [M, N, K] = [10, 50, 33];
  const x = randomArray(1, M * K);
  const bits = f32ToBf16(randomArray(2, N * K));
  const weight = inputs.tensor(bits, [N, K], "bf16");
  const expected = reference.matmul(x, bf16ToF32(bits), {
    M,
    N,
    K,
    transposeB: true,
  });
  for (let run = 0; run < 3; run++) {
    const y = linear(inputs.tensor(x, [M, K]), weight);
    assertRelative(await read(y), expected, F32);
  }
});

forEachDevice(
  "linear() throws when weight or bias does not fit",
  async (device) => {
    using inputs = new Inputs(device);
    const x = inputs.tensor([1, 2, 3]);
    const weight = inputs.tensor([1, 2, 3, 4, 5, 6], [2, 3]);
    assert.throws(() => linear(x, x), {
      name: "ShapeError",
      message:
        "Cannot run linear as weight must be [N, K] for x [..., K]: got x [3], weight [3]",
    });
    assert.throws(() => linear(x, weight, x), {
      name: "ShapeError",
      message:
        "Cannot run linear as bias must be [N] for weight [N, K]: got weight [2, 3], bias [3]",
    });
    await Promise.resolve();
  },
);
