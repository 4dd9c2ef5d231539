import type { Kernels } from "../backend.ts";
import { f32 } from "./storage.ts";

export const softmax: Kernels["softmax"] = (out, x) => {
  const D = x.shape.at(-1) ?? 1;
  const y = f32(out);
  const values = f32(x);
  for (let row = 0; row < y.length; row += D) {
    let max = -Infinity;
    for (let d = row; d < row + D; d++) max = Math.max(max, values[d]!);
    let sum = 0;
    for (let d = row; d < row + D; d++) {
      sum += y[d] = Math.exp(values[d]! - max);
    }
    for (let d = row; d < row + D; d++) y[d]! /= sum;
  }
};
