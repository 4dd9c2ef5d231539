import type { Cpu } from "../../cpu/cpu.ts";
import { cpuStorage } from "../../cpu/storage.ts";
import type { AddGatedKernel } from "./kernels.ts";

export function addGatedCpu({ programs }: Cpu): AddGatedKernel {
  return (out, x, gate, branch) => {
    const [B, C] = gate.shape as [number, number];
    const L = x.size / gate.size;
    const rowBytes = C * 4;
    for (let b = 0; b < B; b++) {
      programs.addGated(
        cpuStorage(out).offset + b * L * rowBytes,
        cpuStorage(x).offset + b * L * rowBytes,
        cpuStorage(gate).offset + b * rowBytes,
        cpuStorage(branch).offset + b * L * rowBytes,
        rowBytes,
        L,
      );
    }
  };
}
