import type { Kernels } from "../backend.ts";
import type { Cpu } from "./cpu.ts";
import { cpuStorage } from "./storage.ts";

export function modulateKernel({ programs }: Cpu): Kernels["modulate"] {
  return (out, x, shift, scale) => {
    const [B, L, C] = x.shape as [number, number, number];
    const rowBytes = C * 4;
    for (let b = 0; b < B; b++) {
      programs.modulate(
        cpuStorage(out).offset + b * L * rowBytes,
        cpuStorage(x).offset + b * L * rowBytes,
        cpuStorage(shift).offset + b * rowBytes,
        cpuStorage(scale).offset + b * rowBytes,
        rowBytes,
        L,
      );
    }
  };
}
