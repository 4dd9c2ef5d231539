import type { Kernels } from "../backend.ts";
import { f32 } from "./storage.ts";

export const modulate: Kernels["modulate"] = (out, x, shift, scale) => {
  const [, L, C] = x.shape as [number, number, number];
  const y = f32(out);
  const values = f32(x);
  const shifts = f32(shift);
  const scales = f32(scale);
  for (let i = 0, row = 0; i < y.length; row++) {
    const b = Math.floor(row / L) * C;
    for (let c = 0; c < C; c++, i++) {
      y[i] = values[i]! * (1 + scales[b + c]!) + shifts[b + c]!;
    }
  }
};

export const addGated: Kernels["addGated"] = (out, x, gate, branch) => {
  const [, L, C] = x.shape as [number, number, number];
  const y = f32(out);
  const values = f32(x);
  const gates = f32(gate);
  const added = f32(branch);
  for (let i = 0, row = 0; i < y.length; row++) {
    const b = Math.floor(row / L) * C;
    for (let c = 0; c < C; c++, i++) {
      y[i] = values[i]! + gates[b + c]! * added[i]!;
    }
  }
};
