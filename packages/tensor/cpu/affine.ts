import type { Kernels } from "../backend.ts";
import { f32 } from "./storage.ts";

export const affine: Kernels["affine"] = (out, x, alpha, beta) => {
  const y = f32(out);
  const values = f32(x);
  for (let i = 0; i < y.length; i++) y[i] = alpha * values[i]! + beta;
};
