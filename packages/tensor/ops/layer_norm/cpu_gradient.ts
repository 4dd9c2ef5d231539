import type { Cpu } from "../../cpu/cpu.ts";
import { cpuStorage, f32 } from "../../cpu/storage.ts";
import type { LayerNormGradientKernel } from "./kernels.ts";

export function layerNormGradientCpu(
  { programs }: Cpu,
): LayerNormGradientKernel {
  return (out, x, dy, options) => {
    const C = x.shape.at(-1)!;
    if (C % 4 !== 0) return loop(out, x, dy, options);
    programs.layerNormGradient(
      cpuStorage(out).offset,
      cpuStorage(x).offset,
      cpuStorage(dy).offset,
      x.size / C,
      C * 4,
      options.weight === undefined ? 0 : cpuStorage(options.weight).offset,
      options.eps,
    );
  };
}

/** For rows that are no whole vectors. */
const loop: LayerNormGradientKernel = (
  out,
  x,
  dy,
  { weight, eps },
) => {
  const C = x.shape.at(-1)!;
  const y = f32(out);
  const values = f32(x);
  const gains = weight && f32(weight);
  const incoming = f32(dy);
  const scaled = new Float64Array(C); // dy weight
  for (let first = 0; first < y.length; first += C) {
    let total = 0;
    let sum = 0;
    for (let c = 0; c < C; c++) {
      total += values[first + c]!;
      const d = gains === undefined
        ? incoming[first + c]!
        : incoming[first + c]! * gains[c]!;
      scaled[c] = d;
      sum += d;
    }
    const mean = total / C;
    let squares = 0;
    let dot = 0;
    for (let c = 0; c < C; c++) {
      const centred = values[first + c]! - mean;
      squares += centred * centred;
      dot += centred * scaled[c]!;
    }
    const gain = 1 / Math.sqrt(squares / C + eps);
    const slope = dot / C * gain * gain * gain;
    const offset = sum / C * gain;
    for (let c = 0; c < C; c++) {
      y[first + c] = scaled[c]! * gain - offset -
        (values[first + c]! - mean) * slope;
    }
  }
};
