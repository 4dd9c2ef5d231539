import type { Size } from "@edit-transfer/image";
import sharp from "sharp";
import { draw } from "./draw.ts";
import { extentsOf } from "./extents.ts";
import type { State } from "./state.ts";

/** Largest side of a drawing that is rasterised at once, in pixels. */
const SHEET = 1024;

/** Rasterises an SVG document to RGB levels, [height, width, 3]. */
async function rasterise(svg: string): Promise<Uint8Array> {
  const buffer = await sharp(new TextEncoder().encode(svg), { unlimited: true })
    .flatten({ background: "#ffffff" }).removeAlpha().toColourspace("srgb")
    .raw().toBuffer();
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** Most that a picture may be longer than wide, or the reverse: the wall ends there. */
const LONGEST = 3;

/** Extents of a picture that can be drawn. */
function checkedSize(size: number | Size): Size {
  const { width, height } = extentsOf(size);
  const sides = [width, height].sort((a, b) => a - b) as [number, number];
  const refuse = (rule: string) =>
    new RangeError(
      `Cannot render figures as ${rule}: got ${
        typeof size === "number" ? size : `${width} x ${height}`
      }`,
    );
  if (
    !sides.every((side) => Number.isInteger(side) && side >= 8 && side <= 4096)
  ) {
    throw refuse("the size must be an integer from 8 to 4096 pixels");
  }
  if (sides[1] > LONGEST * sides[0]) {
    throw refuse(`one side must be at most ${LONGEST} times the other`);
  }
  return { width, height };
}

/** Rasterises states as cells of one drawing and cuts it into panels. */
async function renderCells(
  states: readonly State[],
  size: Size,
): Promise<Uint8Array> {
  const columns = Math.max(1, Math.floor(SHEET / size.width));
  const width = columns * size.width;
  const height = Math.ceil(states.length / columns) * size.height;
  const place = (i: number): { x: number; y: number } => ({
    x: i % columns * size.width,
    y: Math.floor(i / columns) * size.height,
  });
  const cells = states.map((state, i) => draw(state, { size, at: place(i) }))
    .join("");
  const sheet = await rasterise(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${cells}</svg>`,
  );
  const row = size.width * 3;
  const panels = new Uint8Array(states.length * size.height * row);
  for (let i = 0; i < states.length; i++) {
    const { x, y } = place(i);
    for (let line = 0; line < size.height; line++) {
      const from = ((y + line) * width + x) * 3;
      panels.set(
        sheet.subarray(from, from + row),
        (i * size.height + line) * row,
      );
    }
  }
  return panels;
}

/**
 * Pixels of one picture.
 *
 * @param state What it shows.
 * @param options Width and height in pixels, 8 to 4096, or one side for both; 64 by default.
 * @returns RGB levels 0 to 255, [height, width, 3].
 * @throws {RangeError} If the size is out of range.
 *
 * @example Usage
 * ```ts
 * import { figureCase, render } from "@edit-transfer/figures";
 * import assert from "node:assert/strict";
 *
 * const { query } = figureCase({ split: "test", seed: 1, index: 0 });
 * assert.equal((await render(query, { size: 32 })).length, 32 * 32 * 3);
 * ```
 */
export async function render(
  state: State,
  options: { readonly size?: number | Size | undefined } = {},
): Promise<Uint8Array> {
  const size = checkedSize(options.size ?? 64);
  return await rasterise(draw(state, { size }));
}

/**
 * Pixels of many pictures, drawn as cells of few large drawings, which is
 * faster than one by one. Edges may differ by two levels from what
 * {@linkcode render} gives, as the rasteriser rounds coordinates to 1/256 pixel.
 *
 * @param states What the pictures show.
 * @param options Width and height of each in pixels, 8 to 4096, or one side for both; 64 by default.
 * @returns RGB levels 0 to 255, [states.length, height, width, 3].
 * @throws {RangeError} If the size is out of range.
 *
 * @example Usage
 * ```ts
 * import { figureCase, renderSheet } from "@edit-transfer/figures";
 * import assert from "node:assert/strict";
 *
 * const { source, edited } = figureCase({ split: "test", seed: 1, index: 0 });
 * const panels = await renderSheet([source, edited]);
 * assert.equal(panels.length, 2 * 64 * 64 * 3);
 * ```
 */
export async function renderSheet(
  states: readonly State[],
  options: { readonly size?: number | Size | undefined } = {},
): Promise<Uint8Array> {
  const size = checkedSize(options.size ?? 64);
  const { width, height } = size;
  const cells = Math.max(1, Math.floor(SHEET / width)) *
    Math.max(1, Math.floor(SHEET / height));
  const panels = new Uint8Array(states.length * height * width * 3);
  for (let first = 0; first < states.length; first += cells) {
    const part = await renderCells(states.slice(first, first + cells), size);
    panels.set(part, first * height * width * 3);
  }
  return panels;
}
