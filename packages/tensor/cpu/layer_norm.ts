import type { Kernels } from "../backend.ts";
import { f32 } from "./storage.ts";

export const layerNorm: Kernels["layerNorm"] = (out, x, options) => {
  const { weight, bias, eps } = options;
  const C = x.shape.at(-1)!;
  const y = f32(out);
  const values = f32(x);
  const gains = weight && f32(weight);
  const offsets = bias && f32(bias);
  for (let row = 0; row < y.length; row += C) {
    let sum = 0;
    for (let c = 0; c < C; c++) sum += values[row + c]!;
    const mean = sum / C;
    let squares = 0;
    for (let c = 0; c < C; c++) {
      const centred = values[row + c]! - mean;
      squares += centred * centred;
    }
    const gain = 1 / Math.sqrt(squares / C + eps);
    for (let c = 0; c < C; c++) {
      y[row + c] = (values[row + c]! - mean) * gain;
    }
    if (gains !== undefined) {
      for (let c = 0; c < C; c++) y[row + c]! *= gains[c]!;
    }
    if (offsets !== undefined) {
      for (let c = 0; c < C; c++) y[row + c]! += offsets[c]!;
    }
  }
};
