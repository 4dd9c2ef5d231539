import type { Kernels } from "../backend.ts";
import { copyBox } from "./copy.ts";
import type { Cpu } from "./cpu.ts";
import { stridesOf } from "./strides.ts";

export function concatKernel(cpu: Cpu): Kernels["concat"] {
  return (out, parts, axis) => {
    const steps = stridesOf(out.shape);
    let first = 0;
    for (const part of parts) {
      copyBox(cpu, part.shape, {
        to: { tensor: out, first, steps },
        from: { tensor: part, first: 0, steps: stridesOf(part.shape) },
      });
      first += part.shape[axis]! * steps[axis]!;
    }
  };
}
