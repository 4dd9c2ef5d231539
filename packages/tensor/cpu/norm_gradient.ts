import type { Kernels } from "../backend.ts";
import { f32 } from "./storage.ts";

export const layerNormGradient: Kernels["layerNormGradient"] = (
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

export const rmsNormGradient: Kernels["rmsNormGradient"] = (
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

export const softmaxGradient: Kernels["softmaxGradient"] = (out, y, dy) => {
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
