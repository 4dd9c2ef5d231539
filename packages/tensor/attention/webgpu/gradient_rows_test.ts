import { randomArray } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { Tensor } from "../../tensor.ts";
import { gpuTest } from "../../webgpu/_test_device.ts";
import { scaledQueries } from "./gradient_rows.ts";

/** Nearest number of eleven bits, of ties the even. */
function half(x: number): number {
  const step = 2 ** (Math.floor(Math.log2(Math.abs(x))) - 10);
  const nearest = Math.round(x / step);
  const tie = Math.abs(x / step - nearest) === 0.5;
  return (tie ? 2 * Math.round(x / step / 2) : nearest) * step;
}

for (const type of ["f16", "f32"] as const) {
  for (const [Lq, D] of [[1, 4], [67, 64], [3, 128], [5, 512]] as const) {
    gpuTest(
      `the gradient on units of ${type} sums dy as they see it, ${Lq} × ${D}`,
      {},
      async (device) => {
        const heads = 2;
        const shape = [1, heads, Lq, D];
        const values = randomArray(1, heads * Lq * D)
          .map((x, i) => x * (i < Lq * D ? 300 : 1e-5));
        using dy = Tensor.from(device, values, { shape });
        const ones = new Float32Array(values.length).fill(1);
        using y = Tensor.from(device, ones, { shape });
        const noted = Float32Array.from({ length: heads * Lq }, (_, i) => i);
        using logSumExp = Tensor.from(device, noted, { shape: [1, heads, Lq] });
        const from = { q: y, k: y, v: y, dy, kept: { y, logSumExp } };
        const { storage } = scaledQueries(device, from, type);
        const found = await device.download(storage, "f32", 4 * heads * Lq);
        device.release(storage);

        for (let i = 0; i < heads * Lq; i++) {
          const start = Math.floor(i / Lq) * Lq * D;
          const head = values.subarray(start, start + Lq * D);
          const top = head.reduce((a, x) => Math.max(a, Math.abs(x)), 0);
          const a = 2 ** (14 - Math.floor(Math.log2(top)));
          let delta = 0;
          for (const x of values.subarray(i * D, (i + 1) * D)) {
            delta += type === "f16" ? half(x * a) : x * a;
          }
          const b = 2 ** 14;
          const [kept, sum, ...scales] = found.slice(4 * i, 4 * i + 4);
          assert.deepEqual([kept, ...scales], [i, a, b]);
          // sums of f32 are off by far less than rounding to f16 is
          const limit = 2 ** -23 * D * 2 ** 15 * b;
          assert.ok(Math.abs(sum! - delta * b) <= limit, `query ${i}`);
        }
      },
    );
  }
}
