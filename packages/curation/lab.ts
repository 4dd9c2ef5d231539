import type { Image } from "@edit-transfer/image";

/** White of D65, which sRGB is made for. */
const WHITE = [0.95047, 1, 1.08883] as const;
/** Linear light of each level of sRGB. */
const LINEAR = Float64Array.from({ length: 256 }, (_, level) => {
  const v = level / 255;
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
});

/**
 * A picture in CIELAB: L in 0…100, a and b of about -110…110; a distance of 2.3 is
 * just seen.
 *
 * Source: CIE 15; sRGB by IEC 61966-2-1, D65.
 *
 * @param image Picture, `[h, w, 3]`.
 * @returns `[h, w, 3]` values L, a, b.
 *
 * @example Usage
 * ```ts
 * import { toLab } from "@edit-transfer/curation";
 * import { blankImage } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const lab = Array.from(toLab(blankImage(1, 1, [255, 0, 0])), Math.round);
 * assert.deepEqual(lab, [53, 80, 67]);
 * ```
 */
export function toLab(image: Image): Float32Array {
  const out = new Float32Array(image.data.length);
  for (let i = 0; i < out.length; i += 3) {
    const [r, g, b] = [
      LINEAR[image.data[i]!]!,
      LINEAR[image.data[i + 1]!]!,
      LINEAR[image.data[i + 2]!]!,
    ];
    const x = root((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / WHITE[0]);
    const y = root((0.2126729 * r + 0.7151522 * g + 0.0721750 * b) / WHITE[1]);
    const z = root((0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / WHITE[2]);
    out[i] = 116 * y - 16;
    out[i + 1] = 500 * (x - y);
    out[i + 2] = 200 * (y - z);
  }
  return out;
}

function root(t: number): number {
  return t > 216 / 24389 ? Math.cbrt(t) : (24389 / 27 * t + 16) / 116;
}
