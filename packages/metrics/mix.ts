import type { Image } from "@edit-transfer/image";

/** `from + m (to − from)` with the share m of each pixel, in 8 bits. */
export function mix(
  from: Image,
  to: Image,
  share: (pixel: number) => number,
): Image {
  const { width, height } = from;
  const data = new Uint8Array(from.data.length);
  for (let i = 0; i < width * height; i++) {
    const m = share(i);
    for (let k = 3 * i; k < 3 * i + 3; k++) {
      data[k] = Math.round(from.data[k]! + m * (to.data[k]! - from.data[k]!));
    }
  }
  return { width, height, data };
}
