import type { Cpu } from "../../cpu/cpu.ts";
import { cpuStorage } from "../../cpu/storage.ts";
import type { LayerNormKernel } from "./kernels.ts";

export function layerNormCpu({ programs }: Cpu): LayerNormKernel {
  return (out, x, { weight, bias, eps }) => {
    const C = x.shape.at(-1)!;
    programs.layerNorm(
      cpuStorage(out).offset,
      cpuStorage(x).offset,
      x.size / C,
      C * 4,
      weight === undefined ? 0 : cpuStorage(weight).offset,
      bias === undefined ? 0 : cpuStorage(bias).offset,
      eps,
    );
  };
}
