import type { Image } from "@edit-transfer/image";
import { checkOneSize } from "./check_one_size.ts";
import { toLab } from "./lab.ts";
import { quantile } from "./plane.ts";

/** What is different in most of a picture. */
export interface ColourCast {
  /** Change of the colour, the distance in a and b of CIELAB, >= 0. */
  readonly colour: number;
  /** Change of the lightness, in L. */
  readonly lightness: number;
}

/**
 * Colour cast of a picture against another: the medians over all pixels of
 * the differences in CIELAB, so that an edit of less than half of the picture does not count.
 *
 * @param before One picture.
 * @param after Another, of the same size.
 * @returns The cast; distances from 2.3 on are seen.
 *
 * @throws {RangeError} If the sizes differ.
 *
 * @example Usage
 * ```ts
 * import { colourCast } from "@edit-transfer/curation";
 * import { blankImage } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const { colour, lightness } = colourCast(
 *   blankImage(2, 2, [100, 100, 100]),
 *   blankImage(2, 2, [110, 100, 90]),
 * );
 * assert.ok(colour > 5 && Math.abs(lightness) < 1);
 * ```
 */
export function colourCast(before: Image, after: Image): ColourCast {
  checkOneSize("measure a colour cast", before, after);
  const [from, to] = [toLab(before), toLab(after)];
  const [lightness, a, b] = [0, 1, 2].map((channel) =>
    quantile(
      Float32Array.from(
        { length: from.length / 3 },
        (_, i) => to[3 * i + channel]! - from[3 * i + channel]!,
      ),
      1 / 2,
    )
  );
  return { colour: Math.hypot(a!, b!), lightness: lightness! };
}
