import type { Kernels } from "../backend.ts";
import type { Cpu } from "./cpu.ts";
import { cpuStorage, f32 } from "./storage.ts";
import { pointwise } from "./unary.ts";

export function groupNormKernel(cpu: Cpu): Kernels["groupNorm"] {
  return (out, x, { weight, bias, groups, eps, silu }) => {
    const B = x.shape[0]!;
    const C = x.shape[3]!;
    const size = x.size / B;
    const weights = f32(weight);
    const biases = f32(bias);
    for (let b = 0; b < B; b++) {
      const values = f32(x).subarray(b * size, (b + 1) * size);
      const y = f32(out).subarray(b * size, (b + 1) * size);
      const means = groupMeans(values, { C, groups });
      const variances = groupMeans(values, { C, groups, centre: means });
      // y = gain x + offset, once a channel
      const gain = variances.map((v, c) => weights[c]! / Math.sqrt(v + eps));
      const offset = gain.map((g, c) => biases[c]! - means[c]! * g);
      for (let i = 0; i < size; i += C) {
        for (let c = 0; c < C; c++) {
          y[i + c] = values[i + c]! * gain[c]! + offset[c]!;
        }
      }
    }
    if (silu) {
      const { offset } = cpuStorage(out);
      pointwise(cpu, "silu", { to: offset, from: offset, n: x.size });
    }
  };
}

/**
 * Mean of `[pixels, C]` over the pixels and the channels of each group; of the
 * squared distance from `centre` if there is one. `[C]`, equal in each group.
 */
function groupMeans(
  values: Float32Array,
  { C, groups, centre }: { C: number; groups: number; centre?: Float64Array },
): Float64Array {
  const sums = new Float64Array(C);
  if (centre === undefined) {
    for (let i = 0; i < values.length; i += C) {
      for (let c = 0; c < C; c++) sums[c]! += values[i + c]!;
    }
  } else {
    for (let i = 0; i < values.length; i += C) {
      for (let c = 0; c < C; c++) {
        const distance = values[i + c]! - centre[c]!;
        sums[c]! += distance * distance;
      }
    }
  }
  const width = C / groups;
  for (let first = 0; first < C; first += width) {
    const sum = sums.subarray(first, first + width).reduce((a, b) => a + b);
    sums.fill(sum * groups / values.length, first, first + width);
  }
  return sums;
}
