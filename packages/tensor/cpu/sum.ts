import type { Kernels } from "../backend.ts";
import { f32 } from "./storage.ts";

export const sum: Kernels["sum"] = (out, x, { outer, n, inner }) => {
  const y = f32(out);
  const values = f32(x);
  if (inner === 1) {
    for (let o = 0, i = 0; o < outer; o++) {
      let total = 0;
      for (const end = i + n; i < end; i++) total += values[i]!;
      y[o] = total;
    }
    return;
  }
  const totals = new Float64Array(inner);
  for (let o = 0, i = 0; o < outer; o++) {
    totals.fill(0);
    for (let k = 0; k < n; k++) {
      for (let c = 0; c < inner; c++, i++) totals[c]! += values[i]!;
    }
    y.set(totals, o * inner);
  }
};
