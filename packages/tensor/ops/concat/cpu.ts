import { copyBox } from "../../cpu/copy.ts";
import type { Cpu } from "../../cpu/cpu.ts";
import { stridesOf } from "../../cpu/strides.ts";
import type { ConcatKernel } from "./kernels.ts";

export function concatCpu(cpu: Cpu): ConcatKernel {
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
