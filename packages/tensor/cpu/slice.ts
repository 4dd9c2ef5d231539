import type { Kernels } from "../backend.ts";
import { elements } from "./elements.ts";
import { stridesOf } from "./strides.ts";

export const slice: Kernels["slice"] = (out, x, starts) => {
  const y = elements(out);
  const values = elements(x);
  const strides = stridesOf(x.shape);
  // axes that are copied whole join the run of the last axis that is cut
  let cut = out.shape.length - 1;
  while (cut > 0 && out.shape[cut] === x.shape[cut]) cut--;
  const run = cut < 0 ? 1 : out.shape[cut]! * strides[cut]!;
  const index = new Array<number>(Math.max(cut, 0)).fill(0);
  let from = starts.reduce((sum, start, i) => sum + start * strides[i]!, 0);
  for (let to = 0; to < y.length; to += run) {
    y.set(values.subarray(from, from + run), to);
    for (let axis = cut - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < out.shape[axis]!) break;
      from -= strides[axis]! * out.shape[axis]!;
      index[axis] = 0;
    }
  }
};
