import type { Cpu } from "../../cpu/cpu.ts";
import { cpuStorage } from "../../cpu/storage.ts";
import type { DeviceArray } from "../../device_array.ts";
import type { LowRankBranch } from "../epilogue.ts";
import { gemm } from "./gemm.ts";
import { pack } from "./pack.ts";

/** Packs `W + Σ scale · B A` for a weight W `[N, K]`. */
export function packMerged(
  cpu: Cpu,
  weight: DeviceArray,
  { N, K, branches, to }: {
    readonly N: number;
    readonly K: number;
    readonly branches: readonly LowRankBranch[];
    readonly to: number;
  },
): void {
  const { heap, programs } = cpu;
  const bytes = N * K * 4;
  const sum = heap.allocate(bytes);
  try {
    widen(cpu, weight, sum);
    for (const { A, B, scale } of branches) {
      const r = A.shape[0]!;
      const up = heap.allocate(N * r * 4); // [N, r]
      widen(cpu, B, up);
      programs.affine(up, up, N * r * 4, scale, 0);
      gemm(cpu, {
        a: up,
        aBatch: 0,
        b: cpuStorage(A).offset,
        form: A.dtype as "f32" | "bf16" | "f16",
        bBatch: 0,
        c: sum,
        bias: undefined,
        batch: 1,
        M: N,
        N: K,
        K: r,
        accumulate: true,
      });
      heap.release(up, N * r * 4);
    }
    pack(cpu, { offset: sum, form: "f32Transposed", batchBytes: 0 }, {
      batch: 1,
      N,
      K,
      to,
    });
  } finally {
    heap.release(sum, bytes);
  }
}

/** Copies a tensor as f32 to an address. */
function widen({ programs }: Cpu, x: DeviceArray, to: number): void {
  const { offset } = cpuStorage(x);
  if (x.dtype === "f32") {
    programs.copyRows(to, 0, offset, 0, x.sizeBytes, 1);
  } else if (x.dtype === "bf16") programs.widenBf16(to, offset, x.size);
  else programs.widenF16(to, offset, x.size);
}
