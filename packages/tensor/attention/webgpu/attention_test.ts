import { Tensor } from "@edit-transfer/tensor";
import { assertRelative, randomArray } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { gpuTest } from "../../webgpu/_test_device.ts";
import { attentionByTiles } from "./attention.ts";
import { attentionByScores } from "./scores.ts";

const WAYS = { attentionByScores, attentionByTiles };

/** Attention in plain loops and float64. */
function reference(
  { q, k, v, bias }: Record<"q" | "k" | "v" | "bias", Float32Array>,
  { heads, Lq, Lk, D, scale }: Record<
    "heads" | "Lq" | "Lk" | "D" | "scale",
    number
  >,
): Float64Array {
  const out = new Float64Array(heads * Lq * D);
  for (let h = 0; h < heads; h++) {
    for (let i = 0; i < Lq; i++) {
      const scores = Array.from({ length: Lk }, (_, j) => {
        let dot = 0;
        for (let d = 0; d < D; d++) {
          dot += q[(h * Lq + i) * D + d]! * k[(h * Lk + j) * D + d]!;
        }
        return scale * dot + bias[(h * Lq + i) * Lk + j]!;
      });
      const top = Math.max(...scores);
      const weights = scores.map((s) => Math.exp(s - top));
      const total = weights.reduce((sum, w) => sum + w, 0);
      for (let d = 0; d < D; d++) {
        out[(h * Lq + i) * D + d] = weights.reduce(
          (sum, w, j) => sum + w * v[(h * Lk + j) * D + d]!,
          0,
        ) / total;
      }
    }
  }
  return out;
}

for (const [name, attention] of Object.entries(WAYS)) {
  for (
    const [Lq, Lk, D] of [[33, 50, 64], [5, 16, 20], [65, 129, 128]] as const
  ) {
    gpuTest(`${name}() matches float64 at ${[Lq, Lk, D]}`, {}, async (gpu) => {
      const heads = 2;
      const scale = 0.5;
      const values = {
        q: randomArray(1, heads * Lq * D),
        k: randomArray(2, heads * Lk * D),
        v: randomArray(3, heads * Lk * D),
        bias: randomArray(4, heads * Lq * Lk),
      };
      for (let i = 0; i < values.bias.length; i += 7) {
        values.bias[i] = -Infinity;
      }
      using q = Tensor.from(gpu, values.q, { shape: [1, heads, Lq, D] });
      using k = Tensor.from(gpu, values.k, { shape: [1, heads, Lk, D] });
      using v = Tensor.from(gpu, values.v, { shape: [1, heads, Lk, D] });
      using bias = Tensor.from(gpu, values.bias, {
        shape: [1, heads, Lq, Lk],
      });
      using out = new Tensor(gpu, q.shape);
      attention(gpu, out, [q, k, v], { scale, bias });
      const expected = reference(values, { heads, Lq, Lk, D, scale });
      // the scores, about 10, are rounded to 2^-24 of that before exp
      const error = assertRelative(await out.data(), expected, 5e-6);
      assert.ok(error > 0);
    });
  }
}
