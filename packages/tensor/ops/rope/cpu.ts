import type { Cpu } from "../../cpu/cpu.ts";
import { cpuStorage, f32 } from "../../cpu/storage.ts";
import type { RopeKernel } from "./kernels.ts";

export function ropeCpu({ programs }: Cpu): RopeKernel {
  return (out, x, cos, sin) => {
    const angles = cos.size;
    if (angles % 2 === 0) {
      programs.rope(
        cpuStorage(out).offset,
        cpuStorage(x).offset,
        cpuStorage(cos).offset,
        cpuStorage(sin).offset,
        angles * 8,
        x.size / (2 * angles),
      );
      return;
    }
    // a vector would hold pairs of two heads
    const y = f32(out);
    const values = f32(x);
    for (let i = 0; i < y.length; i += 2) {
      const angle = i / 2 % angles;
      const c = f32(cos)[angle]!;
      const s = f32(sin)[angle]!;
      y[i] = values[i]! * c - values[i + 1]! * s;
      y[i + 1] = values[i]! * s + values[i + 1]! * c;
    }
  };
}
