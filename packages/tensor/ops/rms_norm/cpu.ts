import type { Cpu } from "../../cpu/cpu.ts";
import { cpuStorage } from "../../cpu/storage.ts";
import type { RmsNormKernel } from "./kernels.ts";

export function rmsNormCpu({ programs }: Cpu): RmsNormKernel {
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
