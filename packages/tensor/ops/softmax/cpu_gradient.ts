import type { Cpu } from "../../cpu/cpu.ts";
import { cpuStorage, f32 } from "../../cpu/storage.ts";
import type { SoftmaxGradientKernel } from "./kernels.ts";

export function softmaxGradientCpu(
  { programs }: Cpu,
): SoftmaxGradientKernel {
  return (out, y, dy) => {
    const D = y.shape.at(-1) ?? 1;
    if (D % 4 !== 0) return loop(out, y, dy);
    programs.softmaxGradient(
      cpuStorage(out).offset,
      cpuStorage(y).offset,
      cpuStorage(dy).offset,
      y.size / D,
      D * 4,
    );
  };
}

/** For rows that are no whole vectors. */
const loop: SoftmaxGradientKernel = (out, y, dy) => {
  const D = y.shape.at(-1) ?? 1;
  const dx = f32(out);
  const weights = f32(y);
  const incoming = f32(dy);
  for (let first = 0; first < dx.length; first += D) {
    let dot = 0;
    for (let i = first; i < first + D; i++) dot += weights[i]! * incoming[i]!;
    for (let i = first; i < first + D; i++) {
      dx[i] = weights[i]! * (incoming[i]! - dot);
    }
  }
};
