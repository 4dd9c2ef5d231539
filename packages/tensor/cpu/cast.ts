import { f32ToBf16, f32ToF16 } from "@edit-transfer/weights";
import type { Kernels } from "../backend.ts";
import { cpuStorage } from "./storage.ts";
import { widened } from "./widen.ts";

export const cast: Kernels["cast"] = (out, x) => {
  const storage = cpuStorage(out);
  const values = widened(x);
  if (out.dtype === "f32") storage.f32.set(values);
  else if (out.dtype === "bf16") storage.u16.set(f32ToBf16(values));
  else storage.u16.set(f32ToF16(values));
};
