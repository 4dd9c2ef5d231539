import { blankImage, checkImage, type Image, type Rgb } from "./image.ts";

/** Options of {@linkcode tile}. */
export interface TileOptions {
  /** Pictures in a row. */
  columns: number;
  /**
   * Pixels between pictures.
   *
   * @default {0}
   */
  readonly gap?: number | undefined;
  /**
   * Colour of gaps and of places without a picture.
   *
   * @default {[255, 255, 255]}
   */
  readonly background?: Rgb | undefined;
}

/**
 * Lays pictures of equal size out in rows, e.g. for a contact sheet.
 *
 * @param images Pictures, `[h, w, 3]` each, row by row.
 * @param options See {@linkcode TileOptions}.
 * @returns One picture of `columns` columns and as many rows as needed.
 *
 * @throws {RangeError} If there is no picture, sizes differ, or the number of
 * columns is not an integer >= 1.
 *
 * @example Usage
 * ```ts
 * import { blankImage, tile } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const sheet = tile([1, 2, 3].map(() => blankImage(4, 2)), { columns: 2, gap: 1 });
 *
 * assert.deepEqual([sheet.width, sheet.height], [9, 5]);
 * ```
 */
export function tile(images: readonly Image[], options: TileOptions): Image {
  const { columns, gap = 0, background } = options;
  const [first] = images;
  if (
    first === undefined || !Number.isSafeInteger(columns) || columns < 1 ||
    !Number.isSafeInteger(gap) || gap < 0
  ) {
    throw new RangeError(
      "Cannot tile images as there must be at least 1 image and 1 column: " +
        `got ${images.length} images, ${columns} columns, a gap of ${gap}`,
    );
  }
  const { width, height } = first;
  const rows = Math.ceil(images.length / columns);
  const sheet = blankImage(
    columns * (width + gap) - gap,
    rows * (height + gap) - gap,
    background,
  );
  for (const [i, image] of images.entries()) {
    checkImage("tile images", image);
    if (image.width !== width || image.height !== height) {
      throw new RangeError(
        `Cannot tile images as sizes must be equal: got ${width} x ${height} ` +
          `and ${image.width} x ${image.height}`,
      );
    }
    const left = (i % columns) * (width + gap);
    const top = Math.floor(i / columns) * (height + gap);
    for (let y = 0; y < height; y++) {
      const row = image.data.subarray(y * width * 3, (y + 1) * width * 3);
      sheet.data.set(row, ((top + y) * sheet.width + left) * 3);
    }
  }
  return sheet;
}

/**
 * Joins four panels to a 2×2 grid: the first two above, the others below.
 *
 * @param panels Pictures of equal size, `[P, P, 3]` each.
 * @returns `[2P, 2P, 3]`.
 *
 * @throws {RangeError} If sizes differ.
 *
 * @example Usage
 * ```ts
 * import { blankImage, tileGrid } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const panel = blankImage(8, 8);
 *
 * assert.equal(tileGrid([panel, panel, panel, panel]).width, 16);
 * ```
 */
export function tileGrid(
  panels: readonly [Image, Image, Image, Image],
): Image {
  return tile(panels, { columns: 2 });
}

/**
 * Enlarges by repeating pixels, so that each stays visible.
 *
 * @param image Picture, `[h, w, 3]`.
 * @param factor Times, an integer >= 1.
 * @returns `[h * factor, w * factor, 3]`.
 *
 * @throws {RangeError} If the factor is not an integer >= 1.
 *
 * @example Usage
 * ```ts
 * import { blankImage, scaleNearest } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(scaleNearest(blankImage(2, 1), 3), blankImage(6, 3));
 * ```
 */
export function scaleNearest(image: Image, factor: number): Image {
  checkImage("scale image", image);
  if (!Number.isSafeInteger(factor) || factor < 1) {
    throw new RangeError(
      `Cannot scale image as the factor must be an integer >= 1: got ${factor}`,
    );
  }
  const scaled = blankImage(image.width * factor, image.height * factor);
  for (let y = 0; y < scaled.height; y++) {
    for (let x = 0; x < scaled.width; x++) {
      const from = Math.floor(y / factor) * image.width +
        Math.floor(x / factor);
      const to = y * scaled.width + x;
      for (let c = 0; c < 3; c++) {
        scaled.data[to * 3 + c] = image.data[from * 3 + c]!;
      }
    }
  }
  return scaled;
}
