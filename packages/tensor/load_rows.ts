import {
  readRows,
  type RowRange,
  type TensorInfo,
  type WeightSource,
} from "@edit-transfer/weights";
import type { DType } from "./dtype.ts";
import type { HostArray } from "./host_array.ts";
import { PART_BYTES, Staging } from "./staging.ts";
import type { Tensor } from "./tensor.ts";

/** Where the rows of a tensor come from. */
export interface RowSource {
  /** Extent of the first axis. */
  readonly rows: number;
  /** Bytes of one row. */
  readonly rowBytes: number;
  /** Reads some rows, into the memory given or memory of its own. */
  read(
    rows: RowRange,
    into: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Byte at which the first block begins that cannot be used, or -1.
   *
   * @default {that of the first element that is NaN or infinite}
   */
  firstBad?(bytes: Uint8Array<ArrayBuffer>): number;
}

/**
 * Fills a tensor with rows that are read, checked and uploaded a part at a
 * time, while the next part is read.
 *
 * @param tensor Tensor to fill.
 * @param source See {@linkcode RowSource}.
 * @returns Byte at which the first element is that cannot be used, or -1.
 */
export async function loadRows(
  tensor: Tensor,
  source: RowSource,
): Promise<number> {
  const { rows, rowBytes } = source;
  const { device, dtype, storage } = tensor;
  if (device.dry) return -1;
  const staging = await Staging.borrow();
  // four rows are whole words, whatever the type
  const step = Math.max(4, 4 * Math.floor(PART_BYTES / rowBytes / 4));
  const partOf = (start: number) => start / step % 2;
  const begin = (start: number) => {
    const end = Math.min(start + step, rows);
    const size = (end - start) * rowBytes;
    const part = staging.parts[partOf(start)]!;
    const bytes = source.read(
      { start, end },
      size <= part.length ? part : new Uint8Array(size),
    );
    bytes.catch(() => {}); // thrown when its turn comes
    return bytes;
  };
  let next = begin(0);
  try {
    for (let start = 0; start < rows; start += step) {
      const bytes = await next;
      if (start + step < rows) next = begin(start + step);
      const at = start * rowBytes;
      const bad = source.firstBad?.(bytes) ??
        staging.firstNonFinite(bytes, partOf(start), dtype);
      if (bad !== -1) return at + bad;
      const values = hostArray(bytes, dtype);
      device.upload(storage, values, at / values.BYTES_PER_ELEMENT);
    }
    return -1;
  } finally {
    await next.catch(() => {});
    staging.return();
  }
}

/**
 * Rows of an array; a source that cannot read some of them gives it whole.
 *
 * @param source Weights.
 * @param info What they say about the array.
 * @returns Its rows.
 */
export function rowsOf(source: WeightSource, info: TensorInfo): RowSource {
  const { name, shape: [rows], sizeBytes } = info;
  if (source.readRows === undefined || rows === undefined) {
    const read = () => source.read(name);
    return { rows: 1, rowBytes: sizeBytes, read };
  }
  const rowBytes = sizeBytes / rows;
  return {
    rows,
    rowBytes,
    read: (range, into) => readRows(source, name, range, into),
  };
}

/** Views bytes as elements, copying only when they are not aligned. */
function hostArray(bytes: Uint8Array<ArrayBuffer>, dtype: DType): HostArray {
  const width = dtype === "f32" || dtype === "i32"
    ? 4
    : dtype === "f16" || dtype === "bf16"
    ? 2
    : 1;
  const { buffer, byteOffset, length } = bytes.byteOffset % width === 0
    ? bytes
    : bytes.slice();
  const count = length / width;
  if (width === 1) return new Uint8Array(buffer, byteOffset, count);
  if (width === 2) return new Uint16Array(buffer, byteOffset, count);
  return dtype === "i32"
    ? new Int32Array(buffer, byteOffset, count)
    : new Float32Array(buffer, byteOffset, count);
}
