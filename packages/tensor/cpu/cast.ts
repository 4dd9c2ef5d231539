import type { Kernels } from "../backend.ts";
import { cpuStorage } from "./storage.ts";
import { f32ToBf16, f32ToF16, widened } from "./widen.ts";

export const cast: Kernels["cast"] = (out, x) => {
  const storage = cpuStorage(out);
  const values = widened(x);
  if (out.dtype === "f32") return storage.f32.set(values);
  const narrow = out.dtype === "bf16" ? f32ToBf16 : f32ToF16;
  const y = storage.u16;
  for (let i = 0; i < y.length; i++) y[i] = narrow(values[i]!);
};
