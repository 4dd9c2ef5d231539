import type { Kernels } from "../backend.ts";
import { f32 } from "./storage.ts";

export const attention: Kernels["attention"] = (out, q, k, v, options) => {
  const { scale, bias } = options;
  const [B, H, Lq, D] = q.shape as [number, number, number, number];
  const Lk = k.shape[2]!;
  const y = f32(out);
  const queries = f32(q);
  const keys = f32(k);
  const values = f32(v);
  const offsets = bias && f32(bias);
  const scores = new Float32Array(Lk);
  for (let head = 0; head < B * H; head++) {
    const biasHead = bias === undefined ? 0 : Lq * Lk *
      ((bias.shape[0] === 1 ? 0 : Math.floor(head / H) * bias.shape[1]!) +
        (bias.shape[1] === 1 ? 0 : head % H));
    for (let i = 0; i < Lq; i++) {
      const qi = (head * Lq + i) * D;
      let max = -Infinity;
      for (let j = 0; j < Lk; j++) {
        const kj = (head * Lk + j) * D;
        let score = 0;
        for (let d = 0; d < D; d++) score += queries[qi + d]! * keys[kj + d]!;
        score *= scale;
        if (offsets !== undefined) score += offsets[biasHead + i * Lk + j]!;
        scores[j] = score;
        max = Math.max(max, score);
      }
      let sum = 0;
      for (let j = 0; j < Lk; j++) {
        sum += scores[j] = Math.exp(scores[j]! - max);
      }
      for (let d = 0; d < D; d++) {
        let value = 0;
        for (let j = 0; j < Lk; j++) {
          value += scores[j]! * values[(head * Lk + j) * D + d]!;
        }
        y[qi + d] = value / sum;
      }
    }
  }
};
