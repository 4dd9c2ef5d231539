import type { Image } from "@edit-transfer/image";

/** One value a pixel. */
export interface Plane {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** `[height, width]` values. */
  readonly data: Float32Array;
}

/** Brightness of a picture in levels of 255, by the weights of Rec. 709. */
export function luminance({ width, height, data }: Image): Plane {
  const out = new Float32Array(width * height);
  for (let i = 0; i < out.length; i++) {
    out[i] = 0.2126 * data[3 * i]! + 0.7152 * data[3 * i + 1]! +
      0.0722 * data[3 * i + 2]!;
  }
  return { width, height, data: out };
}

/** Means over squares of `2 · reach + 1` pixels, cut at the border. */
export function blurred(plane: Plane, reach: number): Plane {
  return columnsBlurred(columnsBlurred(plane, reach), reach);
}

/** Means over runs of a row, turned: rows become columns. */
function columnsBlurred({ width, height, data }: Plane, reach: number): Plane {
  const out = new Float32Array(data.length);
  for (let y = 0; y < height; y++) {
    let [sum, first, end] = [0, 0, 0];
    for (let x = 0; x < width; x++) {
      while (end < Math.min(width, x + reach + 1)) {
        sum += data[y * width + end++]!;
      }
      while (first < x - reach) sum -= data[y * width + first++]!;
      out[x * height + y] = sum / (end - first);
    }
  }
  return { width: height, height: width, data: out };
}

/** Means over squares of two pixels; an odd rest is left out. */
export function halved({ width, height, data }: Plane): Plane {
  const [w, h] = [width >> 1, height >> 1];
  const out = new Float32Array(w * h);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const at = 2 * y * width + 2 * x;
      out[y * w + x] = (data[at]! + data[at + 1]! + data[at + width]! +
        data[at + width + 1]!) / 4;
    }
  }
  return { width: w, height: h, data: out };
}

/** The value at a place between pixels, linearly; NaN outside. */
export function valueAt(
  { width, height, data }: Plane,
  x: number,
  y: number,
): number {
  if (!(x >= 0 && y >= 0 && x <= width - 1 && y <= height - 1)) return NaN;
  const [left, top] = [
    Math.min(Math.floor(x), width - 2),
    Math.min(Math.floor(y), height - 2),
  ];
  const [u, v] = [x - left, y - top];
  const at = top * width + left;
  return (1 - v) * ((1 - u) * data[at]! + u * data[at + 1]!) +
    v * ((1 - u) * data[at + width]! + u * data[at + width + 1]!);
}

/** The value that a share of values does not exceed; 0 of none. */
export function quantile(values: Float32Array, share: number): number {
  if (values.length === 0) return 0;
  const sorted = values.toSorted();
  return sorted[
    Math.min(sorted.length - 1, Math.floor(share * sorted.length))
  ]!;
}
