import type { Size } from "@edit-transfer/image";

/** Width and height of a picture of which one side may stand for both. */
export function extentsOf(size: number | Size): Size {
  return typeof size === "number" ? { width: size, height: size } : size;
}
