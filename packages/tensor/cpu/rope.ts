import type { Kernels } from "../backend.ts";
import { f32 } from "./storage.ts";

export const rope: Kernels["rope"] = (out, x, cos, sin) => {
  const y = f32(out);
  const values = f32(x);
  const cosines = f32(cos);
  const sines = f32(sin);
  const table = cosines.length;
  for (let i = 0, angle = 0; i < y.length; i += 2) {
    const even = values[i]!;
    const odd = values[i + 1]!;
    const c = cosines[angle]!;
    const s = sines[angle]!;
    y[i] = even * c - odd * s;
    y[i + 1] = even * s + odd * c;
    if (++angle === table) angle = 0;
  }
};
