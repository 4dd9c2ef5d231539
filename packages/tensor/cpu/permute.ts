import type { Kernels } from "../backend.ts";
import { elements } from "./elements.ts";
import { stridesOf } from "./strides.ts";

export const permute: Kernels["permute"] = (out, x, axes) => {
  const y = elements(out);
  const values = elements(x);
  const strides = stridesOf(x.shape);
  const steps = axes.map((axis) => strides[axis]!);
  const last = axes.length - 1;
  const n = out.shape[last] ?? 1;
  const step = steps[last] ?? 1;
  const index = new Array<number>(Math.max(last, 0)).fill(0);
  let first = 0;
  for (let to = 0; to < y.length;) {
    for (let i = 0, from = first; i < n; i++, from += step) {
      y[to++] = values[from]!;
    }
    for (let axis = last - 1; axis >= 0; axis--) {
      first += steps[axis]!;
      if (++index[axis]! < out.shape[axis]!) break;
      first -= steps[axis]! * out.shape[axis]!;
      index[axis] = 0;
    }
  }
};
