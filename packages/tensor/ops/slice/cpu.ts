import { copyBox } from "../../cpu/copy.ts";
import type { Cpu } from "../../cpu/cpu.ts";
import { positionOf, stridesOf } from "../../cpu/strides.ts";
import type { SliceKernel } from "./kernels.ts";

export function sliceCpu(cpu: Cpu): SliceKernel {
  return (out, x, starts) => {
    const steps = stridesOf(x.shape);
    copyBox(cpu, out.shape, {
      to: { tensor: out, first: 0, steps: stridesOf(out.shape) },
      from: { tensor: x, first: positionOf(starts, steps), steps },
    });
  };
}
