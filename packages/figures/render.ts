import sharp from "sharp";
import { draw } from "./draw.ts";
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

function checkSize(size: number): void {
  if (Number.isInteger(size) && size >= 8 && size <= 4096) return;
  throw new RangeError(
    `Cannot render figures as the size must be an integer from 8 to 4096 pixels: got ${size}`,
  );
}

/** Rasterises states as cells of one drawing and cuts it into panels. */
async function renderCells(
  states: readonly State[],
  size: number,
): Promise<Uint8Array> {
  const columns = Math.max(1, Math.floor(SHEET / size));
  const width = columns * size;
  const height = Math.ceil(states.length / columns) * size;
  const place = (i: number): { x: number; y: number } => ({
    x: i % columns * size,
    y: Math.floor(i / columns) * size,
  });
  const cells = states.map((state, i) => draw(state, { size, at: place(i) }))
    .join("");
  const sheet = await rasterise(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${cells}</svg>`,
  );
  const row = size * 3;
  const panels = new Uint8Array(states.length * size * row);
  for (let i = 0; i < states.length; i++) {
    const { x, y } = place(i);
    for (let line = 0; line < size; line++) {
      const from = ((y + line) * width + x) * 3;
      panels.set(sheet.subarray(from, from + row), (i * size + line) * row);
    }
  }
  return panels;
}

/**
 * Pixels of one picture.
 *
 * @param state What it shows.
 * @param options Width and height in pixels, 8 to 4096; 64 by default.
 * @returns RGB levels 0 to 255, [size, size, 3].
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
  options: { readonly size?: number | undefined } = {},
): Promise<Uint8Array> {
  const { size = 64 } = options;
  checkSize(size);
  return await rasterise(draw(state, { size }));
}

/**
 * Pixels of many pictures, drawn as cells of few large drawings, which is
 * faster than one by one. Edges may differ by two levels from what
 * {@linkcode render} gives, as the rasteriser rounds coordinates to 1/256 pixel.
 *
 * @param states What the pictures show.
 * @param options Width and height of each in pixels, 8 to 4096; 64 by default.
 * @returns RGB levels 0 to 255, [states.length, size, size, 3].
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
  options: { readonly size?: number | undefined } = {},
): Promise<Uint8Array> {
  const { size = 64 } = options;
  checkSize(size);
  const cells = Math.max(1, Math.floor(SHEET / size)) ** 2;
  const panels = new Uint8Array(states.length * size * size * 3);
  for (let first = 0; first < states.length; first += cells) {
    const part = await renderCells(states.slice(first, first + cells), size);
    panels.set(part, first * size * size * 3);
  }
  return panels;
}
