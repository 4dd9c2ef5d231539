import type { Cpu } from "../../cpu/cpu.ts";
import { cpuStorage, f32 } from "../../cpu/storage.ts";
import type { SoftmaxKernel } from "./kernels.ts";

export function softmaxCpu({ programs, heap }: Cpu): SoftmaxKernel {
  return (out, x) => {
    const D = x.shape.at(-1) ?? 1;
    const rowBytes = D * 4;
    const from = cpuStorage(x).offset;
    const to = cpuStorage(out).offset;
    const last = x.sizeBytes - rowBytes;
    const row = (to: number, from: number) => {
      const sum = programs.expRow(to, from, rowBytes, 1, 0);
      programs.scaleRow(to, rowBytes, 1 / sum);
    };
    // whole vectors run into the next row, which is written after this one,
    // and the last row into what may belong to another tensor
    for (let at = 0; at < last; at += rowBytes) row(to + at, from + at);
    if (D % 4 === 0) return row(to + last, from + last);
    const scratch = heap.allocate(rowBytes + 16);
    row(scratch, from + last);
    const values = new Float32Array(heap.memory.buffer, scratch, D);
    f32(out).set(values, x.size - D);
    heap.release(scratch, rowBytes + 16);
  };
}
