import type { GpuContext } from "../../webgpu/context.ts";
import { denseStrides, runStrided } from "../../webgpu/strided.ts";
import type { KernelVariant } from "../../webgpu/variant.ts";
import { viewOf } from "../../webgpu/view.ts";
import binaryWgsl from "./binary.wgsl" with { type: "text" };
import type { BinaryFunction, BinaryKernel } from "./kernels.ts";

const FUNCTIONS: Readonly<Record<BinaryFunction, number>> = {
  add: 0,
  sub: 1,
  mul: 2,
  div: 3,
  max: 4,
  min: 5,
  step: 8,
};
/** The same with the operands exchanged. */
const EXCHANGED = [0, 6, 2, 7, 4, 5, 1, 3, 9];

const variants = new Map<string, KernelVariant>();

export function binaryWebGpu(context: GpuContext): BinaryKernel {
  return (out, a, b, f) => {
    // the kernel wants the operand that varies most as its first
    const exchange = a.shape.at(-1) === 1 || a.size < b.size;
    const fn = FUNCTIONS[f];
    runStrided(context, {
      extents: out.shape,
      reads: (exchange ? [b, a] : [a, b]).map((operand) => ({
        view: viewOf(operand),
        strides: broadcastStrides(operand.shape, out.shape),
      })),
      out: { view: viewOf(out), strides: denseStrides(out.shape) },
      variant: (widths) => variant(f, exchange ? EXCHANGED[fn]! : fn, widths),
    });
  };
}

function variant(
  f: string,
  FN: number,
  widths: readonly number[],
): KernelVariant {
  const type = (width: number) => width === 4 ? "vec4f" : "f32";
  const key = `${FN},${widths}`;
  let found = variants.get(key);
  if (found === undefined) {
    found = {
      name: `binary.${f}`,
      source: binaryWgsl,
      spec: { FN, T: type(widths[0]!), TB: type(widths[1]!) },
    };
    variants.set(key, found);
  }
  return found;
}

/** Steps of an operand along the axes of the shape it is broadcast to. */
function broadcastStrides(
  shape: readonly number[],
  out: readonly number[],
): number[] {
  const own = denseStrides(shape);
  const extra = out.length - shape.length;
  return out.map((_, axis) =>
    axis < extra || shape[axis - extra] === 1 ? 0 : own[axis - extra]!
  );
}
