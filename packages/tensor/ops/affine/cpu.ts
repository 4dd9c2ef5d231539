import type { Cpu } from "../../cpu/cpu.ts";
import { cpuStorage } from "../../cpu/storage.ts";
import type { AffineKernel } from "./kernels.ts";

export function affineCpu({ programs }: Cpu): AffineKernel {
  return (out, x, alpha, beta) =>
    programs.affine(
      cpuStorage(out).offset,
      cpuStorage(x).offset,
      x.sizeBytes,
      alpha,
      beta,
    );
}
