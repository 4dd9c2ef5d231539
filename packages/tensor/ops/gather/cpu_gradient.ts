import { cpuStorage, f32 } from "../../cpu/storage.ts";
import type { GatherGradientKernel } from "./kernels.ts";

export const gatherGradientCpu = (): GatherGradientKernel =>
(
  out,
  dy,
  indices,
) => {
  const C = out.shape[1]!;
  const y = f32(out);
  const incoming = f32(dy);
  const rows = cpuStorage(indices).i32;
  y.fill(0);
  for (let i = 0; i < rows.length; i++) {
    const first = rows[i]! * C;
    for (let c = 0; c < C; c++) y[first + c]! += incoming[i * C + c]!;
  }
};
