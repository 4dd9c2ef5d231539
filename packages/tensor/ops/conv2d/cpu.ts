import type { Cpu } from "../../cpu/cpu.ts";
import { cpuStorage } from "../../cpu/storage.ts";
import { CONTROL } from "../../cpu/wasm/control.ts";
import { gemm } from "../../gemm/cpu/gemm.ts";
import { withPackedB } from "../../gemm/cpu/right_operand.ts";
import type { Conv2dKernel } from "./kernels.ts";

/** Pixels of a task. */
const MAX_ROWS = 48;

export function conv2dCpu(cpu: Cpu): Conv2dKernel {
  return (out, x, weight, options) => {
    const { stride, padding: { top, bottom, left, right } } = options;
    const [, h, w, Cin] = x.shape as [number, number, number, number];
    const [Cout, kh, kw] = weight.shape as [number, number, number];
    const [B, outRows, outColumns] = out.shape as [number, number, number];
    const { heap, jobs } = cpu;
    const pixels = B * outRows * outColumns;
    const K = kh * kw * Cin;
    const bias = options.bias && cpuStorage(options.bias).offset;
    const y = cpuStorage(out).offset;
    const shape = { batch: 1, N: Cout, K, transposed: true };
    withPackedB(cpu, weight, shape, ({ offset }) => {
      if (K === Cin && stride === 1 && top + bottom + left + right === 0) {
        return gemm(cpu, {
          a: cpuStorage(x).offset,
          aBatch: 0,
          b: offset,
          bBatch: 0,
          c: y,
          bias,
          batch: 1,
          M: pixels,
          N: Cout,
          K,
        });
      }
      const rows = Math.min(MAX_ROWS, pixels);
      const scratchBytes = rows * K * 4;
      const scratch = heap.allocate(jobs.threads * scratchBytes);
      jobs.run("conv2d", {
        x: cpuStorage(x).offset,
        weight: offset,
        y,
        bias: bias ?? CONTROL.zeros,
        biased: bias === undefined ? 0 : 1,
        h,
        w,
        Cin,
        Cout,
        kh,
        kw,
        stride,
        top,
        left,
        outRows,
        outColumns,
        pixels,
        rows,
        scratch,
        scratchBytes,
      }, { tasks: Math.ceil(pixels / rows), work: pixels * K * Cout });
      heap.release(scratch, jobs.threads * scratchBytes);
    });
  };
}
