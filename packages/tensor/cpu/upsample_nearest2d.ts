import type { Kernels } from "../backend.ts";
import { f32 } from "./storage.ts";

export const upsampleNearest2d: Kernels["upsampleNearest2d"] = (
  out,
  x,
  factor,
) => {
  const [B, h, w, C] = x.shape as [number, number, number, number];
  const y = f32(out);
  const values = f32(x);
  const width = w * factor * C;
  for (let row = 0; row < B * h; row++) {
    const first = row * factor * width;
    for (let j = 0; j < w * factor; j++) {
      const source = (row * w + Math.floor(j / factor)) * C;
      const target = first + j * C;
      for (let c = 0; c < C; c++) y[target + c] = values[source + c]!;
    }
    for (let i = 1; i < factor; i++) {
      y.copyWithin(first + i * width, first, first + width);
    }
  }
};
