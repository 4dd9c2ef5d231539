import {
  bf16ToF32,
  f16ToF32,
  f32ToBf16,
  f32ToF16,
} from "@edit-transfer/weights";
import type { LoraMatrix, Rows } from "./lora_file.ts";

/** Array for elements of a type. */
type Elements = LoraMatrix["data"];

/** An array of zeros for a type. */
function allocate(dtype: LoraMatrix["dtype"], size: number): Elements {
  return dtype === "F32" ? new Float32Array(size) : new Uint16Array(size);
}

/** The same matrix as F32. */
export function widened({ dtype, shape, data }: LoraMatrix): LoraMatrix {
  if (data instanceof Float32Array) return { dtype: "F32", shape, data };
  const wide = dtype === "F16" ? f16ToF32(data) : bf16ToF32(data);
  return { dtype: "F32", shape, data: wide };
}

/** Each element times a factor, as F32. */
export function scaled(matrix: LoraMatrix, factor: number): LoraMatrix {
  if (factor === 1) return matrix;
  const { shape, data } = widened(matrix);
  return { dtype: "F32", shape, data: data.map((x) => x * factor) as Elements };
}

/** Copy of a block of rows and columns. */
export function block(
  { dtype, shape: [, width], data }: LoraMatrix,
  rows: readonly [start: number, end: number],
  columns: readonly [start: number, end: number] = [0, width],
): LoraMatrix {
  const [top, bottom] = rows;
  const [left, right] = columns;
  const shape = [bottom - top, right - left] as const;
  const copy = allocate(dtype, shape[0] * shape[1]);
  for (let y = top; y < bottom; y++) {
    copy.set(
      data.subarray(y * width + left, y * width + right),
      (y - top) * shape[1],
    );
  }
  return { dtype, shape, data: copy };
}

/** Copy of runs of rows, one after the other. */
export function takeRows(matrix: LoraMatrix, rows: Rows): LoraMatrix {
  const { dtype, shape: [, width], data } = matrix;
  const height = rows.reduce((n, [start, end]) => n + end - start, 0);
  const copy = allocate(dtype, height * width);
  let at = 0;
  for (const [start, end] of rows) {
    copy.set(data.subarray(start * width, end * width), at);
    at += (end - start) * width;
  }
  return { dtype, shape: [height, width], data: copy };
}

/** A matrix of float32, by its elements. */
export function f32Matrix(
  shape: readonly [rows: number, columns: number],
  element: (row: number, column: number) => number,
): LoraMatrix {
  const data = new Float32Array(shape[0] * shape[1]);
  let at = 0;
  for (let row = 0; row < shape[0]; row++) {
    for (let column = 0; column < shape[1]; column++) {
      data[at++] = element(row, column);
    }
  }
  return { dtype: "F32", shape, data };
}

/** A matrix of zeros with parts copied to places; the types must agree. */
export function assemble(
  shape: readonly [number, number],
  parts: readonly { matrix: LoraMatrix; row: number; column: number }[],
): LoraMatrix {
  const { dtype } = parts[0]!.matrix;
  const data = allocate(dtype, shape[0] * shape[1]);
  for (const { matrix, row, column } of parts) {
    const [height, width] = matrix.shape;
    for (let y = 0; y < height; y++) {
      data.set(
        matrix.data.subarray(y * width, (y + 1) * width),
        (row + y) * shape[1] + column,
      );
    }
  }
  return { dtype, shape, data };
}

/** Whether all elements of a block are zero, of either sign. */
export function isZero(
  { dtype, shape: [, width], data }: LoraMatrix,
  rows: readonly [start: number, end: number],
  columns: readonly [start: number, end: number] = [0, width],
): boolean {
  const mask = dtype === "F32" ? undefined : 0x7fff;
  for (let y = rows[0]; y < rows[1]; y++) {
    for (let x = columns[0]; x < columns[1]; x++) {
      const value = data[y * width + x]!;
      if ((mask === undefined ? value : value & mask) !== 0) return false;
    }
  }
  return true;
}

/** Whether two matrices are the same to the bit. */
export function isSame(a: LoraMatrix, b: LoraMatrix): boolean {
  return a === b ||
    a.dtype === b.dtype && a.shape[0] === b.shape[0] &&
      a.shape[1] === b.shape[1] &&
      a.data.every((value: number, i: number) => Object.is(value, b.data[i]));
}

/** Index of the first element that is not finite, or -1. */
export function findNonFinite({ dtype, data }: LoraMatrix): number {
  const exponent = dtype === "F16" ? 0x7c00 : 0x7f80;
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    const finite = dtype === "F32"
      ? Number.isFinite(value)
      : (value & exponent) !== exponent;
    if (!finite) return i;
  }
  return -1;
}

/** The same matrix in another type, rounded to nearest. */
export function converted(
  matrix: LoraMatrix,
  dtype: LoraMatrix["dtype"],
): LoraMatrix {
  if (dtype === matrix.dtype) return matrix;
  const { shape, data } = widened(matrix);
  if (dtype === "F32") return { dtype, shape, data };
  const wide = data as Float32Array;
  const narrow = dtype === "F16" ? f32ToF16(wide) : f32ToBf16(wide);
  return { dtype, shape, data: narrow };
}
