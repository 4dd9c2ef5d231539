import type { Kernels } from "../backend.ts";
import { elements } from "./elements.ts";

export const concat: Kernels["concat"] = (out, parts, axis) => {
  const y = elements(out);
  const inner = out.shape.slice(axis + 1).reduce((n, extent) => n * extent, 1);
  const width = out.shape[axis]! * inner;
  let first = 0;
  for (const part of parts) {
    const values = elements(part);
    const run = part.shape[axis]! * inner;
    for (let from = 0, to = first; from < values.length; from += run) {
      y.set(values.subarray(from, from + run), to);
      to += width;
    }
    first += run;
  }
};
