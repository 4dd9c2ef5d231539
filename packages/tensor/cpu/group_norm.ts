import type { Kernels } from "../backend.ts";
import { f32 } from "./storage.ts";

export const groupNorm: Kernels["groupNorm"] = (out, x, options) => {
  const { weight, bias, groups, eps, silu } = options;
  const [B, h, w, C] = x.shape as [number, number, number, number];
  const y = f32(out);
  const values = f32(x);
  const weights = f32(weight);
  const biases = f32(bias);
  const width = C / groups;
  const gain = new Float64Array(C);
  const offset = new Float64Array(C);
  for (let b = 0; b < B; b++) {
    const first = b * h * w * C;
    const end = first + h * w * C;
    const sums = channelSums(values, first, end, new Float64Array(C));
    const means = groupMeans(sums, groups, h * w);
    const squares = new Float64Array(C);
    for (let i = first; i < end; i += C) {
      for (let c = 0; c < C; c++) {
        const centred = values[i + c]! - means[c]!;
        squares[c]! += centred * centred;
      }
    }
    const variances = groupMeans(squares, groups, h * w);
    for (let c = 0; c < C; c++) {
      gain[c] = weights[c]! / Math.sqrt(variances[c]! + eps);
      offset[c] = biases[c]! - means[c]! * gain[c]!;
    }
    for (let i = first; i < end; i += C) {
      for (let c = 0; c < C; c++) {
        const z = values[i + c]! * gain[c]! + offset[c]!;
        y[i + c] = silu ? z / (1 + Math.exp(-z)) : z;
      }
    }
  }

  /** Means over the pixels and each group, once a channel. */
  function groupMeans(
    sums: Float64Array,
    groups: number,
    pixels: number,
  ): Float64Array {
    const means = new Float64Array(C);
    for (let g = 0; g < groups; g++) {
      let sum = 0;
      for (let c = g * width; c < (g + 1) * width; c++) sum += sums[c]!;
      means.fill(sum / (pixels * width), g * width, (g + 1) * width);
    }
    return means;
  }
};

/** Sum of each channel over the pixels. */
function channelSums(
  values: Float32Array,
  first: number,
  end: number,
  sums: Float64Array,
): Float64Array {
  const C = sums.length;
  for (let i = first; i < end; i += C) {
    for (let c = 0; c < C; c++) sums[c]! += values[i + c]!;
  }
  return sums;
}
