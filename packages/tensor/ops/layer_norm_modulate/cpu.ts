import type { Cpu } from "../../cpu/cpu.ts";
import { cpuStorage, f32 } from "../../cpu/storage.ts";
import type { LayerNormModulateKernel } from "./kernels.ts";

export function layerNormModulateCpu(
  { programs, heap }: Cpu,
): LayerNormModulateKernel {
  return (out, x, { shift, scale, eps }) => {
    const [B, L, C] = x.shape as [number, number, number];
    const rowBytes = C * 4;
    const gains = heap.allocate(rowBytes);
    const values = new Float32Array(heap.memory.buffer, gains, C);
    for (let b = 0; b < B; b++) {
      const own = f32(scale);
      for (let c = 0; c < C; c++) values[c] = 1 + own[b * C + c]!;
      programs.layerNorm(
        cpuStorage(out).offset + b * L * rowBytes,
        cpuStorage(x).offset + b * L * rowBytes,
        L,
        rowBytes,
        gains,
        cpuStorage(shift).offset + b * rowBytes,
        eps,
      );
    }
    heap.release(gains, rowBytes);
  };
}
