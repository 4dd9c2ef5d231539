import {
  addGatedWgsl,
  affineWgsl,
  fillWgsl,
  modulateWgsl,
  ropeWgsl,
  unaryWgsl,
} from "@edit-transfer/kernels";
import { DTYPE_BYTES, type UnaryFunction } from "../backend.ts";
import type { Tensor } from "../tensor.ts";
import type { GpuContext } from "./context.ts";
import type { KernelVariant } from "./variant.ts";
import { bind, forParts, maxElements, shifted, viewOf } from "./view.ts";

/** Invocations of a workgroup of the pointwise kernels. */
export const WG = 64;

const FUNCTIONS: readonly UnaryFunction[] = [
  "neg",
  "abs",
  "exp",
  "log",
  "sqrt",
  "square",
  "tanh",
  "sigmoid",
  "silu",
  "gelu",
  "geluTanh",
  "quickGelu",
];

const UNARY: Readonly<Record<string, KernelVariant>> = Object.fromEntries(
  FUNCTIONS.map((name, FN) => [name, {
    name: `unary.${name}`,
    source: unaryWgsl,
    spec: { FN },
  }]),
);
const AFFINE: KernelVariant = { name: "affine", source: affineWgsl };
const FILL: KernelVariant = { name: "fill", source: fillWgsl };
const ROPE: KernelVariant = { name: "rope", source: ropeWgsl };

/** A kernel for single elements, and one for four at a time. */
function pair(name: string, source: string) {
  return {
    1: { name, source, spec: { T: "f32" } },
    4: { name, source, spec: { T: "vec4f" } },
  } as const;
}
const MODULATE = pair("modulate", modulateWgsl);
const ADD_GATED = pair("add_gated", addGatedWgsl);

/** See `Kernels.unary`. */
export function unary(
  context: GpuContext,
  out: Tensor,
  x: Tensor,
  f: UnaryFunction,
): void {
  flat(context, out, x, { variant: UNARY[f]!, floats: [] });
}

/** See `Kernels.affine`. */
export function affine(
  context: GpuContext,
  out: Tensor,
  x: Tensor,
  { alpha, beta }: { alpha: number; beta: number },
): void {
  flat(context, out, x, { variant: AFFINE, floats: [alpha, beta] });
}

/** Runs a kernel that maps four elements to four. */
function flat(
  context: GpuContext,
  out: Tensor,
  x: Tensor,
  { variant, floats }: { variant: KernelVariant; floats: readonly number[] },
): void {
  forParts(x.size, maxElements(context, "f32"), (start, size) => {
    const from = bind(context, shifted(viewOf(x), start), size);
    const to = bind(context, shifted(viewOf(out), start), size);
    const length = Math.ceil(size / 4);
    context.run({
      variant,
      reads: [from.binding],
      writes: [to.binding],
      ints: [from.first / 4, length, to.first / 4],
      floats,
      workgroups: Math.ceil(length / WG),
      work: size * 8,
    });
  });
}

/** Sets all elements of a tensor. */
export function fill(context: GpuContext, out: Tensor, value: number): void {
  const bytes = DTYPE_BYTES[out.dtype];
  if (bytes !== 4 && value !== 0) {
    throw new TypeError(
      `Cannot fill ${out.dtype} as only 0 is known: got ${value}, cast to f32 first`,
    );
  }
  const bits = new Uint32Array(
    (out.dtype === "i32" ? Int32Array.of(value) : Float32Array.of(value))
      .buffer,
  )[0]!;
  forParts(out.size, maxElements(context, out.dtype), (start, size) => {
    const to = bind(context, shifted(viewOf(out), start), size);
    const length = Math.ceil(size * bytes / 16);
    context.run({
      variant: FILL,
      reads: [],
      writes: [to.binding],
      ints: [to.first * bytes / 16, length, bits],
      workgroups: Math.ceil(length / WG),
      work: size,
    });
  });
}

/** See `Kernels.modulate`. */
export function modulate(
  context: GpuContext,
  out: Tensor,
  x: Tensor,
  { shift, scale }: { shift: Tensor; scale: Tensor },
): void {
  const [, L, C] = x.shape as readonly [number, number, number];
  const width = C % 4 === 0 ? 4 : 1;
  forParts(x.size, maxElements(context, "f32"), (start, size) => {
    const from = bind(context, shifted(viewOf(x), start), size);
    const to = bind(context, shifted(viewOf(out), start), size);
    const length = size / width;
    context.run({
      variant: MODULATE[width],
      reads: [
        from.binding,
        bind(context, viewOf(shift), shift.size).binding,
        bind(context, viewOf(scale), scale.size).binding,
      ],
      writes: [to.binding],
      ints: [start, size, C, L * C, from.first, to.first].map((n) => n / width),
      workgroups: Math.ceil(length / WG),
      work: size * 8,
    });
  });
}

/** See `Kernels.addGated`. */
export function addGated(
  context: GpuContext,
  out: Tensor,
  x: Tensor,
  { gate, y }: { gate: Tensor; y: Tensor },
): void {
  const [, L, C] = x.shape as readonly [number, number, number];
  const width = C % 4 === 0 ? 4 : 1;
  forParts(x.size, maxElements(context, "f32"), (start, size) => {
    const from = bind(context, shifted(viewOf(x), start), size);
    const added = bind(context, shifted(viewOf(y), start), size);
    const to = bind(context, shifted(viewOf(out), start), size);
    const length = size / width;
    context.run({
      variant: ADD_GATED[width],
      reads: [
        from.binding,
        bind(context, viewOf(gate), gate.size).binding,
        added.binding,
      ],
      writes: [to.binding],
      ints: [start, size, C, L * C, from.first, added.first, to.first]
        .map((n) => n / width),
      workgroups: Math.ceil(length / WG),
      work: size * 8,
    });
  });
}

/** See `Kernels.rope`. */
export function rope(
  context: GpuContext,
  out: Tensor,
  x: Tensor,
  { cos, sin }: { cos: Tensor; sin: Tensor },
): void {
  forParts(x.size, maxElements(context, "f32"), (start, size) => {
    const from = bind(context, shifted(viewOf(x), start), size);
    const to = bind(context, shifted(viewOf(out), start), size);
    const length = size / 2;
    context.run({
      variant: ROPE,
      reads: [
        from.binding,
        bind(context, viewOf(cos), cos.size).binding,
        bind(context, viewOf(sin), sin.size).binding,
      ],
      writes: [to.binding],
      ints: [start / 2, length, cos.size, from.first / 2, to.first / 2],
      workgroups: Math.ceil(length / WG),
      work: size * 4,
    });
  });
}
