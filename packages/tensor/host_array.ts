import type { DType } from "./dtype.ts";

/** Typed array that crosses between the host and a device; bytes for blocks. */
export type HostArray =
  | Float32Array<ArrayBufferLike>
  | Int32Array<ArrayBufferLike>
  | Uint16Array<ArrayBufferLike>
  | Uint8Array<ArrayBufferLike>;

/** The bytes of elements as an array of their type. */
export function hostArray(dtype: DType, bytes: ArrayBuffer): HostArray {
  switch (dtype) {
    case "f32":
      return new Float32Array(bytes);
    case "i32":
      return new Int32Array(bytes);
    case "f16":
    case "bf16":
      return new Uint16Array(bytes);
    default:
      return new Uint8Array(bytes);
  }
}

/** Converts plain numbers to the array type in which `dtype` is uploaded. */
export function hostValues(
  values: ArrayLike<number>,
  dtype: DType,
): HostArray {
  switch (dtype) {
    case "f32":
      return values instanceof Float32Array
        ? values
        : Float32Array.from(values);
    case "i32":
      return values instanceof Int32Array ? values : Int32Array.from(values);
    case "f16":
    case "bf16":
      return values instanceof Uint16Array ? values : Uint16Array.from(values);
    default:
      return values instanceof Uint8Array ? values : Uint8Array.from(values);
  }
}
