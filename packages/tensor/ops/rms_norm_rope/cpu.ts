import type { Cpu } from "../../cpu/cpu.ts";
import { cpuStorage, f32 } from "../../cpu/storage.ts";
import type { RmsNormRopeKernel } from "./kernels.ts";

export function rmsNormRopeCpu(
  { programs, heap }: Cpu,
): RmsNormRopeKernel {
  return (out, x, { weight, cos, sin, first, eps }) => {
    const [B, L, H, D] = x.shape as [number, number, number, number];
    const Lout = out.shape[2]!;
    const rowBytes = D * 4;
    const normed = heap.allocate(x.sizeBytes); // [B, L, H, D]
    const turned = heap.allocate(L * rowBytes); // [L, D]
    const from = cpuStorage(x).offset;
    const gain = cpuStorage(weight).offset;
    programs.rmsNorm(normed, from, B * L * H, rowBytes, gain, eps);
    for (let b = 0; b < B; b++) {
      for (let h = 0; h < H; h++) {
        const head = normed + (b * L * H + h) * rowBytes;
        programs.copyRows(turned, rowBytes, head, H * rowBytes, rowBytes, L);
        rotate((b * H + h) * Lout + first);
      }
    }
    heap.release(turned, L * rowBytes);
    heap.release(normed, x.sizeBytes);

    /** Rotates the head to the rows of `out` that begin with `row`. */
    function rotate(row: number): void {
      if (D % 4 === 0) {
        programs.rope(
          cpuStorage(out).offset + row * rowBytes,
          turned,
          cpuStorage(cos).offset + first * rowBytes / 2,
          cpuStorage(sin).offset + first * rowBytes / 2,
          L * rowBytes,
          1,
        );
        return;
      }
      // a vector would hold pairs of two rows
      const values = new Float32Array(heap.memory.buffer, turned, L * D);
      const y = f32(out).subarray(row * D, (row + L) * D);
      const angles = first * D / 2;
      for (let i = 0; i < y.length; i += 2) {
        const c = f32(cos)[angles + i / 2]!;
        const s = f32(sin)[angles + i / 2]!;
        y[i] = values[i]! * c - values[i + 1]! * s;
        y[i + 1] = values[i]! * s + values[i + 1]! * c;
      }
    }
  };
}
