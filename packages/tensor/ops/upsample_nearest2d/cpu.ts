import { copyBox } from "../../cpu/copy.ts";
import type { Cpu } from "../../cpu/cpu.ts";
import { stridesOf } from "../../cpu/strides.ts";
import type { UpsampleNearest2dKernel } from "./kernels.ts";

export function upsampleNearest2dCpu(
  cpu: Cpu,
): UpsampleNearest2dKernel {
  return (out, x, factor) => {
    const [B, h, w, C] = x.shape as [number, number, number, number];
    const extents = [B * h, factor, w, factor, C];
    copyBox(cpu, extents, {
      to: { tensor: out, first: 0, steps: stridesOf(extents) },
      from: { tensor: x, first: 0, steps: [w * C, 0, C, 0, 1] },
    });
  };
}
