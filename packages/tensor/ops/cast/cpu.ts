import { f32ToBf16, f32ToF16 } from "@edit-transfer/weights";
import { cpuStorage } from "../../cpu/storage.ts";
import { widened } from "../../cpu/widen.ts";
import type { CastKernel } from "./kernels.ts";

export const castCpu = (): CastKernel => (out, x) => {
  const storage = cpuStorage(out);
  const values = widened(x);
  if (out.dtype === "f32") storage.f32.set(values);
  else if (out.dtype === "bf16") storage.u16.set(f32ToBf16(values));
  else storage.u16.set(f32ToF16(values));
};
