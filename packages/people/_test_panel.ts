import { blankImage, type Image, type Rgb } from "@edit-transfer/image";
import type { Panel } from "./panel.ts";
import type { Person } from "./person.ts";

/** Part of a panel: left, top, width and height in pixels. */
export type Box = readonly [number, number, number, number];

/** A room of one colour with a figure of another in it. */
export function testPanel(
  { room, figure, at, side = 64, person = {} }: {
    readonly room: Rgb;
    readonly figure: Rgb;
    readonly at: Box;
    readonly side?: number | undefined;
    readonly person?: Person | undefined;
  },
): Panel {
  const image: Image = blankImage(side, side, room);
  const mask = new Uint8Array(side * side);
  const [left, top, width, height] = at;
  for (let y = top; y < top + height; y++) {
    for (let x = left; x < left + width; x++) {
      image.data.set(figure, 3 * (y * side + x));
      mask[y * side + x] = 255;
    }
  }
  return { image, person, mask };
}
