import { assertRelative, randomArray } from "@edit-transfer/testing";
import { bf16ToF32, f32ToBf16, f32ToF16 } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { openDevice } from "../../device.ts";
import * as reference from "../../ops/_reference.ts";
import { F32, Inputs } from "../../ops/_test_op.ts";
import { linear } from "../linear.ts";
import { matmul } from "../matmul.ts";

/** Values that f16 and bf16 hold exactly. */
function coarse(seed: number, length: number): Float32Array {
  return bf16ToF32(f32ToBf16(randomArray(seed, length)));
}

// rows on both sides of the number from which panels are not kept; K within a
// block of it, above, and of several blocks; N with a cut panel
for (const [M, N, K] of [[5, 9, 3], [191, 40, 385], [192, 21, 700]] as const) {
  for (const dtype of ["f32", "bf16", "f16"] as const) {
    for (const transposeB of [false, true]) {
      Deno.test(`products with ${dtype} ${transposeB ? "[N, K]" : "[K, N]"} are the same however often, M=${M} N=${N} K=${K}`, async () => {
        using device = await openDevice("cpu", { threads: 2 });
        using inputs = new Inputs(device);
        const values = coarse(1, K * N);
        const bits = { f32: values, bf16: f32ToBf16, f16: f32ToF16 }[dtype];
        const b = inputs.tensor(
          typeof bits === "function" ? bits(values) : bits,
          transposeB ? [N, K] : [K, N],
          dtype,
        );
        const x = randomArray(2, M * K);
        const a = inputs.tensor(x, [M, K]);
        const expected = reference.matmul(x, values, { M, N, K, transposeB });
        let first: Float32Array | undefined;
        for (let use = 0; use < 3; use++) {
          using y = matmul(a, b, { transposeB });
          const data = await y.data() as Float32Array;
          assertRelative(data, expected, F32);
          first ??= data;
          assert.deepEqual(data, first);
        }
      });
    }
  }
}

Deno.test("branches are folded into panels, and taken out again", async () => {
  using device = await openDevice("cpu", { threads: 1 });
  using inputs = new Inputs(device);
  const [M, N, K, r] = [7, 19, 33, 4];
  const x = inputs.tensor(randomArray(1, M * K), [M, K]);
  const weight = inputs.tensor(randomArray(2, N * K), [N, K]);
  const A = inputs.tensor(randomArray(3, r * K), [r, K]);
  const B = inputs.tensor(randomArray(4, N * r), [N, r]);
  const run = async (scale: number | undefined) => {
    const branches = scale === undefined ? [] : [{ A, B, scale }];
    using y = linear(x, weight, undefined, { branches });
    return await y.data() as Float32Array;
  };
  const base = await run(undefined);
  const up = linear(linear(x, A), B);
  const delta = await up.data() as Float32Array;
  for (const scale of [1, -0.25, 0]) {
    const expected = base.map((value, i) => value + scale * delta[i]!);
    for (let use = 0; use < 2; use++) {
      assertRelative(await run(scale), expected, 1e-6);
    }
  }
  assert.deepEqual(await run(0), base); // to the bit
  assert.deepEqual(await run(undefined), base);
});

Deno.test("panels of all tensors are kept up to 64 MiB, for few rows", async () => {
  using device = await openDevice("cpu", { threads: 1 });
  const bytes = 16 * 2 ** 20;
  {
    using inputs = new Inputs(device);
    const [N, K] = [64, bytes / 4 / 64];
    const many = inputs.tensor(new Float32Array(192 * K), [192, K]);
    const few = inputs.tensor(new Float32Array(K), [1, K]);
    const weights = Array.from(
      { length: 5 },
      () => inputs.tensor(new Float32Array(N * K), [N, K]),
    );
    const use = (x: typeof few) => {
      for (const weight of [...weights, ...weights]) {
        linear(x, weight).dispose();
      }
    };
    const before = device.memory.bytes;
    use(many);
    assert.equal(device.memory.bytes, before);
    use(few);
    assert.equal(device.memory.bytes, before + 4 * bytes);
  }
  assert.equal(device.memory.bytes, 0);
});
