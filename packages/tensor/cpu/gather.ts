import type { Kernels } from "../backend.ts";
import { cpuStorage, f32 } from "./storage.ts";
import { bf16ToF32, f16ToF32 } from "./widen.ts";

export const gather: Kernels["gather"] = (out, table, indices) => {
  const [V, C] = table.shape as [number, number];
  const y = f32(out);
  const { i32 } = cpuStorage(indices);
  const storage = cpuStorage(table);
  const widen = table.dtype === "bf16" ? bf16ToF32 : f16ToF32;
  for (let i = 0; i < i32.length; i++) {
    const row = i32[i]!;
    if (row < 0 || row >= V) {
      throw new RangeError(
        `Cannot run gather as indices must be in [0, ${V}): got ${row}`,
      );
    }
    if (table.dtype === "f32") {
      y.set(storage.f32.subarray(row * C, (row + 1) * C), i * C);
    } else {
      const patterns = storage.u16;
      for (let c = 0; c < C; c++) y[i * C + c] = widen(patterns[row * C + c]!);
    }
  }
};
