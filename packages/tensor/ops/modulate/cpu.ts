import type { Cpu } from "../../cpu/cpu.ts";
import { cpuStorage } from "../../cpu/storage.ts";
import type { ModulateKernel } from "./kernels.ts";

export function modulateCpu({ programs }: Cpu): ModulateKernel {
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
