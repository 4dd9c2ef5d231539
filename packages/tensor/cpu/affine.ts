import type { Kernels } from "../backend.ts";
import type { Cpu } from "./cpu.ts";
import { cpuStorage } from "./storage.ts";

export function affineKernel({ programs }: Cpu): Kernels["affine"] {
  return (out, x, alpha, beta) =>
    programs.affine(
      cpuStorage(out).offset,
      cpuStorage(x).offset,
      x.sizeBytes,
      alpha,
      beta,
    );
}
