import type { Cpu } from "../../cpu/cpu.ts";
import { cpuStorage, f32 } from "../../cpu/storage.ts";
import type { RmsNormGradientKernel } from "./kernels.ts";

export function rmsNormGradientCpu(
  { programs }: Cpu,
): RmsNormGradientKernel {
  return (out, x, dy, options) => {
    const C = x.shape.at(-1)!;
    if (C % 4 !== 0) return loop(out, x, dy, options);
    programs.rmsNormGradient(
      cpuStorage(out).offset,
      cpuStorage(x).offset,
      cpuStorage(dy).offset,
      x.size / C,
      C * 4,
      cpuStorage(options.weight).offset,
      options.eps,
    );
  };
}

/** For rows that are no whole vectors. */
const loop: RmsNormGradientKernel = (
  out,
  x,
  dy,
  { weight, eps },
) => {
  const D = x.shape.at(-1)!;
  const y = f32(out);
  const values = f32(x);
  const gains = f32(weight);
  const incoming = f32(dy);
  for (let first = 0; first < y.length; first += D) {
    let squares = 0;
    let dot = 0;
    for (let d = 0; d < D; d++) {
      const value = values[first + d]!;
      squares += value * value;
      dot += value * incoming[first + d]! * gains[d]!;
    }
    const gain = 1 / Math.sqrt(squares / D + eps);
    const slope = dot / D * gain * gain * gain;
    for (let d = 0; d < D; d++) {
      y[first + d] = incoming[first + d]! * gains[d]! * gain -
        values[first + d]! * slope;
    }
  }
};
