import type { Image } from "./image.ts";

/**
 * Share of a picture that its commonest colours cover: near 1 for flat
 * drawings, near 0 for photographs.
 *
 * @param image Picture, `[h, w, 3]`, as it was drawn: resizing blurs edges.
 * @param count Number of colours, the commonest first.
 * @returns Share of the pixels, 0…1.
 *
 * @example Usage
 * ```ts
 * import { blankImage, commonColours } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * assert.equal(commonColours(blankImage(9, 9), 8), 1);
 * ```
 */
export function commonColours(image: Image, count: number): number {
  const { data } = image;
  const pixels = new Map<number, number>();
  for (let i = 0; i < data.length; i += 3) {
    const colour = data[i]! << 16 | data[i + 1]! << 8 | data[i + 2]!;
    pixels.set(colour, (pixels.get(colour) ?? 0) + 1);
  }
  const most = [...pixels.values()].sort((a, b) => b - a).slice(0, count);
  return most.reduce((sum, n) => sum + n, 0) / (data.length / 3);
}
