import type { Image, Rectangle } from "@edit-transfer/image";
import { bilinear } from "./bilinear.ts";
import { checkSizes } from "./check_sizes.ts";
import type { Locked } from "./lock.ts";
import { mix } from "./mix.ts";

/**
 * Locks an output at another size than the one at which it was compared: the
 * mask is bilinear in between, so that unchanged places are the query's own
 * pixels there, too.
 *
 * @param output Output, `[h, w, 3]`.
 * @param query Picture that it edits, of the same size.
 * @param options What {@linkcode lock} gave at the other size, and the rectangle
 * of that which these show.
 * @returns `[h, w, 3]`.
 *
 * @throws {RangeError} If the sizes differ.
 *
 * @example Usage
 * ```ts
 * import { blankImage } from "@edit-transfer/image";
 * import { lock, lockAt } from "@edit-transfer/metrics";
 * import assert from "node:assert/strict";
 *
 * const grey = (side: number, level: number) =>
 *   blankImage(side, side, [level, level, level]);
 * const locked = lock(grey(8, 110), grey(8, 100));
 * const place = { left: 0, top: 0, width: 8, height: 8 };
 * const large = lockAt(grey(32, 110), grey(32, 100), { locked, place });
 * assert.deepEqual(large, grey(32, 100));
 * ```
 */
export function lockAt(
  output: Image,
  query: Image,
  options: { readonly locked: Locked; readonly place: Rectangle },
): Image {
  checkSizes("lock an output", output, query);
  const { locked: { mask, image: { width: w, height: h } }, place } = options;
  const { width, height } = query;
  return mix(query, output, (i) => {
    const x = place.left + (i % width + 0.5) * place.width / width - 0.5;
    const y = place.top +
      (Math.floor(i / width) + 0.5) * place.height / height - 0.5;
    return bilinear(mask, { w, h, x, y });
  });
}
