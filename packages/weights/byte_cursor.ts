/** Thrown when a header goes on behind the bytes that were read so far. */
export class ShortRead extends Error {}

/** Reads little-endian values one after the other. */
export class ByteCursor {
  /** Byte that is read next. */
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(
      bytes.buffer,
      bytes.byteOffset,
      bytes.byteLength,
    );
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  /** A number in one of the formats that `DataView` has. */
  number(format: NumberFormat): number | bigint {
    return this.#view[`get${format}`](this.#take(FORMAT_BYTES[format]), true);
  }

  /** The next bytes, which stay where they are. */
  bytes(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  #take(length: number): number {
    const start = this.at;
    if (start + length > this.#bytes.length) throw new ShortRead();
    this.at = start + length;
    return start;
  }
}

/** Bytes of a number, by the name that `DataView` has for it. */
export const FORMAT_BYTES = {
  Uint8: 1,
  Int8: 1,
  Uint16: 2,
  Int16: 2,
  Uint32: 4,
  Int32: 4,
  Float32: 4,
  BigUint64: 8,
  BigInt64: 8,
  Float64: 8,
} as const;

/** Name that `DataView` has for a number. */
export type NumberFormat = keyof typeof FORMAT_BYTES;
