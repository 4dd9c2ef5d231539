import type { DeviceArray } from "../device_array.ts";
import { type DenseDType, denseDType, DTYPE_BYTES } from "../dtype.ts";
import type { GpuContext } from "./context.ts";
import type { GpuStorage } from "./pool.ts";
import type { Binding } from "./recorder.ts";

/** Elements of a storage, from `first` on. */
export interface View {
  readonly storage: GpuStorage;
  readonly dtype: DenseDType;
  readonly first: number;
}

/** All of a tensor. */
export function viewOf(tensor: DeviceArray): View {
  return {
    storage: tensor.storage as GpuStorage,
    dtype: denseDType("a kernel", tensor.dtype),
    first: 0,
  };
}

/** The same view, further on. */
export function shifted<V extends { readonly first: number }>(
  view: V,
  elements: number,
): V {
  return { ...view, first: view.first + elements };
}

/** A binding, and the element or byte of it at which a view begins. */
export interface BoundView {
  readonly binding: Binding;
  readonly first: number;
}

/** Binds all of a small buffer, or what is needed of a large one. */
export function bind(
  context: GpuContext,
  { storage, dtype, first }: View,
  length: number,
): BoundView {
  const bytes = DTYPE_BYTES[dtype];
  const bound = bindBytes(context, storage, {
    start: first * bytes,
    length: length * bytes,
  });
  return { binding: bound.binding, first: bound.first / bytes };
}

/** Binds a few zeros where there is no operand. */
export function absent({ empty }: GpuContext): BoundView {
  return {
    binding: { storage: empty, offset: 0, size: empty.capacity },
    first: 0,
  };
}

/** Binds all of a tensor, if there is one. */
export function bindOptional(
  context: GpuContext,
  tensor: DeviceArray | undefined,
): BoundView {
  return tensor === undefined
    ? absent(context)
    : bind(context, viewOf(tensor), tensor.size);
}

/** Binds a range of bytes; `first` is a byte of the binding. */
export function bindBytes(
  { maxBindingBytes }: GpuContext,
  storage: GpuStorage,
  { start, length }: { readonly start: number; readonly length: number },
): BoundView {
  const { capacity } = storage;
  if (capacity <= maxBindingBytes) {
    return { binding: { storage, offset: 0, size: capacity }, first: start };
  }
  const offset = Math.floor(start / 256) * 256;
  const end = Math.ceil((start + length) / 16) * 16;
  if (end - offset > maxBindingBytes) {
    throw new RangeError(
      `Cannot bind ${
        end - offset
      } bytes as the device binds ${maxBindingBytes} at most`,
    );
  }
  return {
    binding: { storage, offset, size: end - offset },
    first: start - offset,
  };
}

/**
 * Elements that one binding surely spans wherever it begins, in multiples of
 * 64 so that parts of a flat array begin on 256 bytes.
 */
export function maxElements(context: GpuContext, dtype: DenseDType): number {
  const bytes = DTYPE_BYTES[dtype];
  return Math.max(
    64,
    Math.floor((context.maxBindingBytes - 256) / bytes / 64) * 64,
  );
}

/** Calls `body` for the parts of `total` that have at most `most` each. */
export function forParts(
  total: number,
  most: number,
  body: (start: number, length: number) => void,
): void {
  for (let start = 0; start < total; start += most) {
    body(start, Math.min(most, total - start));
  }
}
