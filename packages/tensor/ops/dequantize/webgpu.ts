import type { DeviceArray } from "../../device_array.ts";
import {
  DTYPE_BLOCKS,
  type QuantizedDType,
  storageBytes,
} from "../../dtype.ts";
import type { GpuContext } from "../../webgpu/context.ts";
import type { GpuStorage } from "../../webgpu/pool.ts";
import type { KernelVariant } from "../../webgpu/variant.ts";
import {
  bind,
  bindBytes,
  forParts,
  maxElements,
  shifted,
  type View,
  viewOf,
} from "../../webgpu/view.ts";
import { WG } from "../../webgpu/workgroup.ts";
import type { DequantizeKernel } from "./kernels.ts";
import { dequantizeWgsl } from "./wgsl.ts";

const DEQUANTIZE: Readonly<Record<QuantizedDType, KernelVariant>> = Object
  .fromEntries(
    (Object.keys(DTYPE_BLOCKS) as QuantizedDType[]).map((type) => [type, {
      name: `dequantize[${type}]`,
      source: dequantizeWgsl(type),
    }]),
  ) as Record<QuantizedDType, KernelVariant>;

export function dequantizeWebGpu(context: GpuContext): DequantizeKernel {
  return (out, x) => {
    dequantizeTo(context, viewOf(out), x, { start: 0, length: x.size });
  };
}

/** Widens a range of elements, in whole blocks, to `out`. */
export function dequantizeTo(
  context: GpuContext,
  out: View,
  x: DeviceArray,
  range: { readonly start: number; readonly length: number },
): void {
  const dtype = x.dtype as QuantizedDType;
  const { blockElements } = DTYPE_BLOCKS[dtype];
  const most = Math.max(
    blockElements,
    Math.floor(maxElements(context, "f32") / 256) * 256,
  );
  forParts(range.length, most, (start, length) => {
    const { binding, first } = bindBytes(context, x.storage as GpuStorage, {
      start: storageBytes(dtype, range.start + start),
      length: storageBytes(dtype, length),
    });
    const to = bind(context, shifted(out, start), length);
    const quads = length / 4;
    context.run({
      variant: DEQUANTIZE[dtype],
      reads: [binding],
      writes: [to.binding],
      ints: [quads, first, to.first / 4],
      workgroups: Math.ceil(quads / WG),
      work: length * 4,
    });
  });
}
