/** Picture in memory: 8 bits a channel, RGB interleaved, row by row, sRGB. */
export interface Image {
  /** Columns, >= 1. */
  readonly width: number;
  /** Rows, >= 1. */
  readonly height: number;
  /** `[height, width, 3]` values. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/** Colour of one pixel: red, green and blue in 0 to 255. */
export type Rgb = readonly [number, number, number];

/** White, on which pictures with alpha lie. */
export const WHITE: Rgb = [255, 255, 255];

/**
 * Picture of one colour.
 *
 * @param width Columns.
 * @param height Rows.
 * @param colour Colour of every pixel.
 * @returns `[height, width, 3]`.
 *
 * @throws {RangeError} If an extent is not an integer >= 1.
 *
 * @example Usage
 * ```ts
 * import { blankImage } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...blankImage(1, 1, [1, 2, 3]).data], [1, 2, 3]);
 * ```
 */
export function blankImage(
  width: number,
  height: number,
  colour: Rgb = WHITE,
): Image {
  checkExtents("make image", width, height);
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i += 3) data.set(colour, i);
  return { width, height, data };
}

/** Throws unless both extents are integers >= 1. */
export function checkExtents(
  doing: string,
  width: number,
  height: number,
): void {
  for (const extent of [width, height]) {
    if (!Number.isSafeInteger(extent) || extent < 1) {
      throw new RangeError(
        `Cannot ${doing} as extents must be integers >= 1: got ${width} x ${height}`,
      );
    }
  }
}

/** Throws unless the data has as many bytes as the extents say. */
export function checkImage(doing: string, image: Image): void {
  checkExtents(doing, image.width, image.height);
  const bytes = image.width * image.height * 3;
  if (image.data.length !== bytes) {
    throw new RangeError(
      `Cannot ${doing} as ${image.width} x ${image.height} RGB takes ${bytes} bytes: ` +
        `got ${image.data.length}`,
    );
  }
}
