import type { Kernels } from "../backend.ts";
import type { Cpu } from "./cpu.ts";
import { cpuStorage } from "./storage.ts";

export function softmaxKernel({ programs }: Cpu): Kernels["softmax"] {
  return (out, x) => {
    const rowBytes = (x.shape.at(-1) ?? 1) * 4;
    const from = cpuStorage(x).offset;
    const to = cpuStorage(out).offset;
    // whole vectors run into the next row, which is written after this one
    for (let row = 0; row < x.sizeBytes; row += rowBytes) {
      const sum = programs.expRow(to + row, from + row, rowBytes, 1, 0);
      programs.scaleRow(to + row, rowBytes, 1 / sum);
    }
  };
}
