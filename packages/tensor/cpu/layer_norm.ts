import type { Kernels } from "../backend.ts";
import type { Cpu } from "./cpu.ts";
import { cpuStorage } from "./storage.ts";

export function layerNormKernel({ programs }: Cpu): Kernels["layerNorm"] {
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
