import {
  bf16ToF32,
  dequantize,
  f16ToF32,
  f32ToBf16,
  f32ToF16,
  type GgmlTypeName,
  quantize,
  readRows,
  readStored,
  type WeightSource,
  widen,
} from "@edit-transfer/weights";

/** Elements that are converted at a time. */
const CHUNK = 1 << 20;

/** How far the values of an array are off. */
export interface ConversionError {
  /** `‖y − x‖ / ‖x‖`. */
  readonly relativeRms: number;
  /** `max |y − x|`. */
  readonly max: number;
}

/** Sums up how far values are off. */
export class ErrorSum {
  #squares = 0;
  #errors = 0;
  #max = 0;

  add(x: Float32Array, y: Float32Array): void {
    let squares = 0;
    let errors = 0;
    let max = 0;
    for (let i = 0; i < x.length; i++) {
      const value = x[i]!;
      const error = Math.abs(y[i]! - value);
      squares += value * value;
      errors += error * error;
      if (!(error <= max)) max = error; // NaN too
    }
    this.#squares += squares;
    this.#errors += errors;
    this.#max = Math.max(this.#max, max);
  }

  get value(): ConversionError {
    const relativeRms = this.#errors === 0
      ? 0
      : Math.sqrt(this.#errors / this.#squares);
    return { relativeRms, max: this.#max };
  }
}

/**
 * Bytes of an array in another type, some rows at a time; as they are where
 * the file has that type.
 *
 * @throws {RangeError} If a value does not fit the type.
 */
export async function* convertedRows(
  source: WeightSource,
  { name, type }: { readonly name: string; readonly type: GgmlTypeName },
  error: ErrorSum,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { shape, dtype, stored } = source.info(name);
  const [rows] = shape;
  const elements = shape.reduce((product, extent) => product * extent, 1);
  const step = Math.max(1, Math.floor(CHUNK / (elements / (rows ?? 1))));
  for (let start = 0; start < (rows ?? 1); start += step) {
    const range = { start, end: Math.min(start + step, rows ?? 1) };
    if (stored?.type === type) {
      yield await readStored(source, name, range);
      continue;
    }
    const bytes = rows === undefined
      ? await source.read(name)
      : await readRows(source, name, range);
    if (dtype === type) {
      yield bytes;
      continue;
    }
    const x = widen(bytes, dtype);
    const converted = encode(name, x, type);
    error.add(x, decode(converted, type));
    if (!Number.isFinite(error.value.max)) {
      throw new RangeError(
        `Cannot convert ${name} as its values must fit ${type}: got one that becomes infinite; give it another type with --rules`,
      );
    }
    yield converted;
  }
}

function encode(
  name: string,
  x: Float32Array<ArrayBuffer>,
  type: GgmlTypeName,
): Uint8Array<ArrayBuffer> {
  switch (type) {
    case "F32":
      return new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
    case "F16":
      return new Uint8Array(f32ToF16(x).buffer);
    case "BF16":
      return new Uint8Array(f32ToBf16(x).buffer);
    case "Q8_0":
    case "Q4_0":
    case "Q4_1":
    case "Q5_1":
    case "Q4_K":
    case "Q5_K":
      try {
        return quantize(x, type);
      } catch (cause) {
        throw new RangeError(
          `Cannot convert ${name} to ${type}; give it another type with --rules: ${
            (cause as Error).message
          }`,
          { cause },
        );
      }
    default:
      throw new TypeError(`Cannot convert ${name} as nothing makes ${type}`);
  }
}

function decode(
  bytes: Uint8Array<ArrayBuffer>,
  type: GgmlTypeName,
): Float32Array {
  switch (type) {
    case "F32":
      return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    case "F16":
      return f16ToF32(new Uint16Array(bytes.buffer));
    case "BF16":
      return bf16ToF32(new Uint16Array(bytes.buffer));
    default:
      return dequantize(bytes, type);
  }
}
