import type { Image } from "@edit-transfer/image";

/** Refuses pictures of two sizes. */
export function checkOneSize(doing: string, a: Image, b: Image): void {
  if (a.width === b.width && a.height === b.height) return;
  throw new RangeError(
    `Cannot ${doing} as pictures must have one size: got ${a.width}×${a.height} and ${b.width}×${b.height}`,
  );
}
