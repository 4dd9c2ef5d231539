import { NON_FINITE_WASM } from "./cpu/non_finite_wasm.ts";
import type { DType } from "./dtype.ts";

/** Bytes of one part. */
export const PART_BYTES = 2 ** 22;

/** Exponent bits of the elements in 32 bits, and the lowest bit of each. */
const EXPONENTS: Partial<Record<DType, readonly [all: number, unit: number]>> =
  {
    f32: [0x7f800000, 0x00800000],
    f16: [0x7c007c00, 0x04000400],
    bf16: [0x7f807f80, 0x00800080],
  };

/** What the WebAssembly module exports; addresses are in bytes. */
interface Program {
  readonly memory: WebAssembly.Memory;
  nonFinite(at: number, bytes: number, exponent: number, unit: number): number;
}

/**
 * Memory of two parts that weights pass on their way to a device: while one is
 * read, the other is checked and uploaded. It is used again and again, as fresh
 * memory is several times slower than the page cache.
 */
export class Staging {
  /** The parts, {@linkcode PART_BYTES} each. */
  readonly parts: readonly Uint8Array<ArrayBuffer>[];
  readonly #program: Program;

  private constructor(program: Program) {
    this.#program = program;
    const { buffer } = program.memory;
    this.parts = [0, 1].map((k) =>
      new Uint8Array(buffer as ArrayBuffer, k * PART_BYTES, PART_BYTES)
    );
  }

  /** Staging memory that nobody uses. */
  static async borrow(): Promise<Staging> {
    const free = idle.pop();
    if (free !== undefined) return free;
    const bytes = Uint8Array.from(
      atob(NON_FINITE_WASM),
      (c) => c.charCodeAt(0),
    );
    const { instance } = await WebAssembly.instantiate(bytes);
    return new Staging(instance.exports as unknown as Program);
  }

  /** Gives it back. */
  return(): void {
    if (idle.length < MAX_IDLE) idle.push(this);
  }

  /**
   * Byte at which the first NaN or infinity is among elements that are in a
   * part, or elsewhere and then copied there; -1 if there is none.
   */
  firstNonFinite(bytes: Uint8Array, part: number, dtype: DType): number {
    const exponents = EXPONENTS[dtype];
    if (exponents === undefined) return -1;
    const memory = this.parts[part]!;
    for (let from = 0; from < bytes.length; from += PART_BYTES) {
      const piece = bytes.subarray(from, from + PART_BYTES);
      if (piece.buffer !== memory.buffer) memory.set(piece);
      const whole = Math.ceil(piece.length / 32) * 32;
      memory.fill(0, piece.length, whole);
      const found = this.#program.nonFinite(
        memory.byteOffset,
        whole,
        ...exponents,
      );
      if (found !== 0) return from + placeIn(memory, dtype);
    }
    return -1;
  }
}

/** Byte of the first NaN or infinity, of which there is one. */
function placeIn({ buffer, byteOffset }: Uint8Array, dtype: DType): number {
  const [exponent] = EXPONENTS[dtype]!;
  const bits = dtype === "f32"
    ? new Uint32Array(buffer, byteOffset, PART_BYTES / 4)
    : new Uint16Array(buffer, byteOffset, PART_BYTES / 2);
  const mask = dtype === "f32" ? exponent : exponent & 0xffff;
  const index = bits.findIndex((element) => (element & mask) === mask);
  return index * bits.BYTES_PER_ELEMENT;
}

const MAX_IDLE = 2;
const idle: Staging[] = [];
