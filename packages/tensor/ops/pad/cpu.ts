import { copyBox } from "../../cpu/copy.ts";
import type { Cpu } from "../../cpu/cpu.ts";
import { f32 } from "../../cpu/storage.ts";
import { positionOf, stridesOf } from "../../cpu/strides.ts";
import type { PadKernel } from "./kernels.ts";

export function padCpu(cpu: Cpu): PadKernel {
  return (out, x, before, value) => {
    const steps = stridesOf(out.shape);
    f32(out).fill(value);
    copyBox(cpu, x.shape, {
      to: { tensor: out, first: positionOf(before, steps), steps },
      from: { tensor: x, first: 0, steps: stridesOf(x.shape) },
    });
  };
}
