import { readFileSync } from "node:fs";

/** One golden case: named arrays plus where they came from. */
export interface Golden {
  /** All arrays by name, widened to float32 (integers too). */
  readonly arrays: Readonly<Record<string, Float32Array<ArrayBuffer>>>;
  /** The arrays of an integer type (I64, I32, U8) again, exact as int32. */
  readonly integers: Readonly<Record<string, Int32Array<ArrayBuffer>>>;
  /** Extents by array name. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** Source, generator and seed: `__metadata__` of the file. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads a golden case from `fixtures/goldens/`, a safetensors file of F32,
 * F16, BF16, I64, I32 or U8 arrays.
 *
 * It has a reader of its own, so that it can judge the one in `weights`.
 *
 * @param path Path below `fixtures/goldens/` without the extension, e.g.
 * `"dit/block"`.
 * @returns The arrays, their shapes, and the recorded metadata.
 *
 * @throws {Error} If the file is missing, naming the script that writes it.
 *
 * @example Usage
 * ```ts
 * import { readGolden } from "@edit-transfer/testing";
 * import assert from "node:assert/strict";
 *
 * assert.throws(() => readGolden("dit/absent"), /tools\/goldens\/dit.py/);
 * ```
 */
export function readGolden(path: string): Golden {
  const bytes = readBytes(path);
  const view = new DataView(bytes.buffer);
  const dataStart = 8 + Number(view.getBigUint64(0, true));
  const header = JSON.parse(
    new TextDecoder().decode(bytes.subarray(8, dataStart)),
  );
  const arrays: Record<string, Float32Array<ArrayBuffer>> = {};
  const integers: Record<string, Int32Array<ArrayBuffer>> = {};
  const shapes: Record<string, readonly number[]> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const { dtype, shape, data_offsets: [start, end] } = entry as {
      dtype: string;
      shape: number[];
      data_offsets: [number, number];
    };
    const raw = bytes.slice(dataStart + start, dataStart + end).buffer;
    const values = decode(raw, dtype, `${path}: ${name}`);
    if (values instanceof Int32Array) integers[name] = values;
    arrays[name] = values instanceof Int32Array
      ? Float32Array.from(values)
      : values;
    shapes[name] = shape;
  }
  return { arrays, integers, shapes, metadata: header.__metadata__ ?? {} };
}

function readBytes(path: string): Uint8Array<ArrayBuffer> {
  const file = path.endsWith(".safetensors") ? path : `${path}.safetensors`;
  try {
    return Uint8Array.from(
      readFileSync(
        new URL(`../../fixtures/goldens/${file}`, import.meta.url),
      ),
    );
  } catch (cause) {
    throw new Error(
      `Cannot read golden "${path}": run "python tools/goldens/${
        path.split("/")[0]
      }.py" to write fixtures/goldens/${file}`,
      { cause },
    );
  }
}

function decode(
  raw: ArrayBuffer,
  dtype: string,
  where: string,
): Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> {
  switch (dtype) {
    case "F32":
      return new Float32Array(raw);
    case "F16":
      return Float32Array.from(new Float16Array(raw));
    case "BF16":
      return new Float32Array(
        Uint32Array.from(new Uint16Array(raw), (bits) => bits << 16).buffer,
      );
    case "I64":
      return Int32Array.from(new BigInt64Array(raw), Number);
    case "I32":
      return new Int32Array(raw);
    case "U8":
      return Int32Array.from(new Uint8Array(raw));
    default:
      throw new Error(`Cannot read golden "${where}": got dtype ${dtype}`);
  }
}
