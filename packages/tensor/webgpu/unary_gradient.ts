import { unaryGradientWgsl } from "@edit-transfer/kernels";
import type { UnaryFunction } from "../backend.ts";
import type { Tensor } from "../tensor.ts";
import type { GpuContext } from "./context.ts";
import { UNARY_FUNCTIONS } from "./unary.ts";
import type { KernelVariant } from "./variant.ts";
import { bind, forParts, maxElements, shifted, viewOf } from "./view.ts";
import { WG } from "./workgroup.ts";

const VARIANTS: Readonly<Record<string, KernelVariant>> = Object.fromEntries(
  UNARY_FUNCTIONS.map((name, FN) => [name, {
    name: `unary_gradient.${name}`,
    source: unaryGradientWgsl,
    spec: { FN },
  }]),
);

/** See `Kernels.unaryGradient`. */
export function unaryGradient(
  context: GpuContext,
  out: Tensor,
  [x, dy]: readonly [x: Tensor, dy: Tensor],
  f: UnaryFunction,
): void {
  forParts(x.size, maxElements(context, "f32"), (start, size) => {
    const part = (tensor: Tensor) =>
      bind(context, shifted(viewOf(tensor), start), size);
    const [from, incoming, to] = [part(x), part(dy), part(out)];
    const length = Math.ceil(size / 4);
    context.run({
      variant: VARIANTS[f]!,
      reads: [from.binding, incoming.binding],
      writes: [to.binding],
      ints: [from.first / 4, incoming.first / 4, to.first / 4, length],
      workgroups: Math.ceil(length / WG),
      work: size * 16,
    });
  });
}
