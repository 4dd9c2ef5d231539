import type { Kernels } from "../backend.ts";
import { f32 } from "./storage.ts";

export const rmsNorm: Kernels["rmsNorm"] = (out, x, weight, eps) => {
  const D = x.shape.at(-1)!;
  const y = f32(out);
  const values = f32(x);
  const gains = f32(weight);
  for (let row = 0; row < y.length; row += D) {
    let squares = 0;
    for (let d = 0; d < D; d++) squares += values[row + d]! * values[row + d]!;
    const gain = 1 / Math.sqrt(squares / D + eps);
    for (let d = 0; d < D; d++) {
      y[row + d] = values[row + d]! * gain * gains[d]!;
    }
  }
};
