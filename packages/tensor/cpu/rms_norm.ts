import type { Kernels } from "../backend.ts";
import type { Cpu } from "./cpu.ts";
import { cpuStorage } from "./storage.ts";

export function rmsNormKernel({ programs }: Cpu): Kernels["rmsNorm"] {
  return (out, x, weight, eps) => {
    const D = x.shape.at(-1)!;
    programs.rmsNorm(
      cpuStorage(out).offset,
      cpuStorage(x).offset,
      x.size / D,
      D * 4,
      cpuStorage(weight).offset,
      eps,
    );
  };
}
