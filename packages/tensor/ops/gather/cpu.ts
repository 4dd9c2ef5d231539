import { bf16ToF32, f16ToF32 } from "@edit-transfer/weights";
import { cpuStorage, f32 } from "../../cpu/storage.ts";
import type { GatherKernel } from "./kernels.ts";

export const gatherCpu = (): GatherKernel => (out, table, indices) => {
  const [V, C] = table.shape as [number, number];
  const y = f32(out);
  const rows = cpuStorage(indices).i32;
  const storage = cpuStorage(table);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (row < 0 || row >= V) {
      throw new RangeError(
        `Cannot run gather as indices must be in [0, ${V}): got ${row}`,
      );
    }
    const first = row * C;
    if (table.dtype === "f32") {
      y.set(storage.f32.subarray(first, first + C), i * C);
    } else {
      const widen = table.dtype === "bf16" ? bf16ToF32 : f16ToF32;
      y.set(widen(storage.u16.subarray(first, first + C)), i * C);
    }
  }
};
