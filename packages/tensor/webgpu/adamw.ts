import { adamwWgsl } from "@edit-transfer/kernels";
import type { Kernels } from "../backend.ts";
import type { Tensor } from "../tensor.ts";
import type { GpuContext } from "./context.ts";
import type { KernelVariant } from "./variant.ts";
import { bind, viewOf } from "./view.ts";
import { WG } from "./workgroup.ts";

const ADAMW: KernelVariant = { name: "adamw", source: adamwWgsl };

/** See `Kernels.adamw`. */
export function adamw(
  context: GpuContext,
  out: Parameters<Kernels["adamw"]>[0],
  { param, grad, m, v }: Parameters<Kernels["adamw"]>[1],
  options: Parameters<Kernels["adamw"]>[2],
): void {
  const { beta1, beta2, decay, stepSize, denominatorScale, eps } = options;
  const whole = (x: Tensor) => bind(context, viewOf(x), x.size).binding;
  const length = Math.ceil(param.size / 4);
  context.run({
    variant: ADAMW,
    reads: [param, grad, m, v].map(whole),
    writes: [out.param, out.m, out.v].map(whole),
    ints: [0, length],
    floats: [
      1 - beta1,
      beta2,
      1 - beta2,
      decay,
      stepSize,
      denominatorScale,
      eps,
    ],
    workgroups: Math.ceil(length / WG),
    work: param.size * 16,
  });
}
