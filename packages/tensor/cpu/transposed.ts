import type { Tensor } from "../tensor.ts";
import type { Cpu } from "./cpu.ts";
import { cpuStorage } from "./storage.ts";

/** Runs `body` with the address of `[batch, M, K]`, copied if need be. */
export function withTransposed(
  { heap, programs }: Cpu,
  a: Tensor,
  { batch, M, K, transposeA }: {
    batch: number;
    M: number;
    K: number;
    transposeA: boolean;
  },
  body: (address: number) => void,
): void {
  const { offset, f32 } = cpuStorage(a);
  if (!transposeA) return body(offset);
  const sizeBytes = batch * M * K * 4;
  const copy = heap.allocate(sizeBytes);
  try {
    if (M % 4 === 0 && K % 4 === 0) {
      for (let n = 0; n < batch; n++) {
        const skipped = n * M * K * 4;
        programs.transpose(copy + skipped, offset + skipped, K, M);
      }
      return body(copy);
    }
    const y = new Float32Array(heap.memory.buffer, copy, batch * M * K);
    let to = 0;
    for (let n = 0; n < batch; n++) {
      for (let m = 0; m < M; m++) {
        for (
          let from = n * M * K + m;
          to < n * M * K + (m + 1) * K;
          from += M
        ) {
          y[to++] = f32[from]!;
        }
      }
    }
    body(copy);
  } finally {
    heap.release(copy, sizeBytes);
  }
}
