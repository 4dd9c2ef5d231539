import { type GgmlTypeName, ggmlTypeNamed } from "./ggml_type.ts";

/** An array of a GGUF file to be written. */
export interface GgufTensor {
  /** Name in the file. */
  readonly name: string;
  /** How its elements are stored. */
  readonly type: GgmlTypeName;
  /** Extents, slowest first; rows hold whole blocks. */
  readonly shape: readonly number[];
}

/** A value of the metadata: text, an integer of 32 bits, or a float32. */
export type GgufValue = string | number | { readonly f32: number };

/** Where everything goes in a GGUF file. */
export interface GgufLayout {
  /** All bytes before the first array. */
  readonly header: Uint8Array<ArrayBuffer>;
  /** Arrays, in order, with their first byte and their number of bytes. */
  readonly tensors: readonly (GgufTensor & {
    readonly start: number;
    readonly sizeBytes: number;
  })[];
  /** Bytes of the file. Those that no array has are 0. */
  readonly sizeBytes: number;
}

const VERSION = 3;
const ALIGNMENT = 32;
const UINT32 = 4;
const FLOAT32 = 6;
const STRING = 8;

/**
 * Lays out a GGUF file, whose arrays are then written one after the other.
 *
 * Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md; the bytes
 * are those of `GGUFWriter` of gguf 0.17.1.
 *
 * @param tensors Arrays in the order of the file.
 * @param metadata Values by key; `"general.architecture"` first.
 * @returns The header, and the place of each array.
 *
 * @throws {RangeError} If rows of an array are no whole blocks.
 *
 * @example Usage
 * ```ts
 * import { layOutGguf } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const { tensors, sizeBytes } = layOutGguf(
 *   [{ name: "x", type: "Q8_0", shape: [2, 32] }],
 *   { "general.architecture": "flux" },
 * );
 *
 * assert.equal(tensors[0]!.sizeBytes, 68);
 * assert.equal(sizeBytes, tensors[0]!.start + 96);
 * ```
 */
export function layOutGguf(
  tensors: readonly GgufTensor[],
  metadata: Readonly<Record<string, GgufValue>>,
): GgufLayout {
  const bytes = new HeaderBytes();
  bytes.utf8("GGUF");
  bytes.u32(VERSION);
  bytes.u64(tensors.length);
  bytes.u64(Object.keys(metadata).length);
  for (const [key, value] of Object.entries(metadata)) {
    bytes.string(key);
    bytes.value(value);
  }
  let at = 0;
  const placed = tensors.map((tensor) => {
    const { name, type, shape } = tensor;
    const { id, blockElements, blockBytes } = ggmlTypeNamed(type);
    const elements = shape.reduce((product, extent) => product * extent, 1);
    if ((shape.at(-1) ?? 1) % blockElements !== 0) {
      throw new RangeError(
        `Cannot lay out tensor "${name}" as rows of ${type} must be a multiple of ${blockElements}: got [${
          shape.join(", ")
        }]`,
      );
    }
    bytes.string(name);
    bytes.u32(shape.length);
    for (const extent of shape.toReversed()) bytes.u64(extent);
    bytes.u32(id);
    bytes.u64(at);
    const sizeBytes = elements / blockElements * blockBytes;
    const start = at;
    at = aligned(at + sizeBytes);
    return { ...tensor, start, sizeBytes };
  });
  const header = bytes.aligned();
  return {
    header,
    tensors: placed.map((t) => ({ ...t, start: header.length + t.start })),
    sizeBytes: header.length + at,
  };
}

function aligned(at: number): number {
  return Math.ceil(at / ALIGNMENT) * ALIGNMENT;
}

/** Bytes of a header as they are added. */
class HeaderBytes {
  readonly #parts: Uint8Array[] = [];
  #size = 0;

  utf8(text: string): void {
    this.#add(new TextEncoder().encode(text));
  }

  string(text: string): void {
    const { length } = new TextEncoder().encode(text);
    this.u64(length);
    this.utf8(text);
  }

  u32(value: number): void {
    this.#add(new Uint8Array(Uint32Array.of(value).buffer));
  }

  u64(value: number): void {
    this.#add(new Uint8Array(BigUint64Array.of(BigInt(value)).buffer));
  }

  value(value: GgufValue): void {
    if (typeof value === "string") {
      this.u32(STRING);
      this.string(value);
    } else if (typeof value === "number") {
      this.u32(UINT32);
      this.u32(value);
    } else {
      this.u32(FLOAT32);
      this.#add(new Uint8Array(Float32Array.of(value.f32).buffer));
    }
  }

  /** All bytes, and zeros up to where an array may begin. */
  aligned(): Uint8Array<ArrayBuffer> {
    const whole = new Uint8Array(aligned(this.#size));
    let at = 0;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  #add(part: Uint8Array): void {
    this.#parts.push(part);
    this.#size += part.length;
  }
}
