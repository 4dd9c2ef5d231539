import type { Kernels } from "../backend.ts";
import { f32 } from "./storage.ts";
import { widened } from "./widen.ts";

export const matmul: Kernels["matmul"] = (out, a, b, options) => {
  const { batch, M, N, K, transposeA, transposeB, sharedA, sharedB, bias } =
    options;
  const y = f32(out);
  const left = f32(a);
  const right = widened(b);
  const offset = bias && f32(bias);
  const [am, ak] = transposeA ? [1, M] : [K, 1];
  const [bk, bn] = transposeB ? [1, K] : [N, 1];
  for (let n = 0; n < batch; n++) {
    const a0 = sharedA ? 0 : n * M * K;
    const b0 = sharedB ? 0 : n * K * N;
    for (let i = 0; i < M; i++) {
      for (let j = 0; j < N; j++) {
        let sum = 0;
        for (let k = 0; k < K; k++) {
          sum += left[a0 + i * am + k * ak]! * right[b0 + k * bk + j * bn]!;
        }
        y[(n * M + i) * N + j] = sum + (offset === undefined ? 0 : offset[j]!);
      }
    }
  }
};
