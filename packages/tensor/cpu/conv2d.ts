import type { Kernels } from "../backend.ts";
import { f32 } from "./storage.ts";
import { widened } from "./widen.ts";

export const conv2d: Kernels["conv2d"] = (out, x, weight, options) => {
  const { bias, stride, padding } = options;
  const [B, h, w, Cin] = x.shape as [number, number, number, number];
  const [Cout, kh, kw] = weight.shape as [number, number, number];
  const [, rows, columns] = out.shape as [number, number, number];
  const y = f32(out);
  const values = f32(x);
  const weights = widened(weight);
  const offsets = bias && f32(bias);
  for (let b = 0, yi = 0; b < B; b++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        for (let o = 0; o < Cout; o++, yi++) {
          let sum = offsets === undefined ? 0 : offsets[o]!;
          for (let u = 0; u < kh; u++) {
            const row = i * stride + u - padding.top;
            if (row < 0 || row >= h) continue;
            for (let v = 0; v < kw; v++) {
              const column = j * stride + v - padding.left;
              if (column < 0 || column >= w) continue;
              const xi = ((b * h + row) * w + column) * Cin;
              const wi = ((o * kh + u) * kw + v) * Cin;
              for (let c = 0; c < Cin; c++) {
                sum += values[xi + c]! * weights[wi + c]!;
              }
            }
          }
          y[yi] = sum;
        }
      }
    }
  }
};
