import type { Kernels } from "../backend.ts";
import { f32 } from "./storage.ts";
import { stridesOf } from "./strides.ts";

export const pad: Kernels["pad"] = (out, x, before, value) => {
  const y = f32(out);
  const values = f32(x);
  const strides = stridesOf(out.shape);
  const run = x.shape.at(-1) ?? 1;
  const index = new Array<number>(Math.max(x.shape.length - 1, 0)).fill(0);
  y.fill(value);
  let to = before.reduce((sum, width, i) => sum + width * strides[i]!, 0);
  for (let from = 0; from < values.length; from += run) {
    y.set(values.subarray(from, from + run), to);
    for (let axis = index.length - 1; axis >= 0; axis--) {
      to += strides[axis]!;
      if (++index[axis]! < x.shape[axis]!) break;
      to -= strides[axis]! * x.shape[axis]!;
      index[axis] = 0;
    }
  }
};
