import type { DeviceArray, Storage } from "../device_array.ts";
import type { LowRankBranch } from "../gemm/epilogue.ts";

/** A right operand in panels of 8 columns, beside the values as stored. */
export interface PackedB {
  readonly offset: number;
  readonly sizeBytes: number;
  /** What was folded in, `W + Σ scale · B A`. */
  readonly branches: readonly LowRankBranch[];
}

/** A block of the heap, and views of it. */
export class CpuStorage implements Storage {
  readonly sizeBytes: number;
  /** Address in the memory of the heap. */
  readonly offset: number;
  /** The values packed, by their layout; undefined if used only once. */
  readonly packed: Map<string, PackedB | undefined> = new Map();
  readonly #buffer: ArrayBufferLike;
  #f32: Float32Array | undefined;

  constructor(buffer: ArrayBufferLike, offset: number, sizeBytes: number) {
    this.#buffer = buffer;
    this.offset = offset;
    this.sizeBytes = sizeBytes;
  }

  /** The block as f32. */
  get f32(): Float32Array {
    return this.#f32 ??= new Float32Array(
      this.#buffer,
      this.offset,
      this.sizeBytes >> 2,
    );
  }

  /** The block as i32. */
  get i32(): Int32Array {
    return new Int32Array(this.#buffer, this.offset, this.sizeBytes >> 2);
  }

  /** The block as 16-bit patterns. */
  get u16(): Uint16Array {
    return new Uint16Array(this.#buffer, this.offset, this.sizeBytes >> 1);
  }

  /** The block as bytes. */
  get u8(): Uint8Array {
    return new Uint8Array(this.#buffer, this.offset, this.sizeBytes);
  }
}

/** Storage of a tensor on the cpu. */
export function cpuStorage(tensor: DeviceArray): CpuStorage {
  return tensor.storage as CpuStorage;
}

/** Elements of an f32 tensor, in place. */
export function f32(tensor: DeviceArray): Float32Array {
  return (tensor.storage as CpuStorage).f32;
}
