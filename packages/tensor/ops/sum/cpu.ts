import type { Cpu } from "../../cpu/cpu.ts";
import { cpuStorage, f32 } from "../../cpu/storage.ts";
import type { SumKernel } from "./kernels.ts";

/** Rows that are summed in f32, before f64 takes over. */
const RUN = 256;

export function sumCpu(cpu: Cpu): SumKernel {
  return (out, x, { outer, n, inner }) => {
    const y = f32(out);
    const values = f32(x);
    const sums = inner % 4 === 0
      ? vectorSums(cpu, cpuStorage(x).offset, inner)
      : plainSums(values, inner);
    for (let o = 0; o < outer; o++) {
      if (inner > 1) y.set(sums(o * n * inner, n), o * inner);
      else {
        let total = 0;
        const end = (o + 1) * n;
        for (let i = o * n; i < end; i++) total += values[i]!;
        y[o] = total;
      }
    }
  };
}

/** Sums of `n` rows of `inner` elements, of which one begins at `first`. */
type Sums = (first: number, n: number) => Float64Array;

function plainSums(values: Float32Array, inner: number): Sums {
  const totals = new Float64Array(inner);
  return (first, n) => {
    totals.fill(0);
    const end = first + n * inner;
    for (let row = first; row < end; row += inner) {
      for (let c = 0; c < inner; c++) totals[c]! += values[row + c]!;
    }
    return totals;
  };
}

/** For rows of whole vectors. */
function vectorSums(
  { heap, programs }: Cpu,
  address: number,
  inner: number,
): Sums {
  const totals = new Float64Array(inner);
  const rowBytes = inner * 4;
  return (first, n) => {
    const scratch = heap.allocate(rowBytes);
    const part = new Float32Array(heap.memory.buffer, scratch, inner);
    totals.fill(0);
    for (let k = 0; k < n; k += RUN) {
      part.fill(0);
      const from = address + 4 * first + k * rowBytes;
      programs.sumChannels(scratch, from, Math.min(RUN, n - k), rowBytes);
      for (let c = 0; c < inner; c++) totals[c]! += part[c]!;
    }
    heap.release(scratch, rowBytes);
    return totals;
  };
}
