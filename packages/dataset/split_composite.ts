import type { Quad } from "@edit-transfer/composite";
import {
  crop,
  fitPicture,
  type Image,
  type Rectangle,
  type Size,
} from "@edit-transfer/image";
import { findSeam } from "./find_seam.ts";
import { withoutBars } from "./without_bars.ts";

/**
 * Where panels are cut: at the centre, as the reference does, or where their
 * seams are found.
 */
export type SeamMode = "centre" | "detect";

/** Options of {@linkcode splitComposite}. */
export interface SplitCompositeOptions {
  /**
   * Extents of a panel that are wanted, in pixels.
   *
   * @default {half of those of the composite}
   */
  readonly size?: Size | undefined;
  /**
   * Where panels are cut. Generated composites often do not meet at the centre
   * or have a gutter; `"detect"` finds both, up to 1/32 of the side, and bars of one
   * colour at the borders.
   *
   * @default {"centre"}
   */
  readonly seams?: SeamMode | undefined;
}

/** Share of the side that a seam may be away from the centre. */
export const SEAM_REACH = 1 / 32;
/** Share of the side over which generated panels bleed into each other. */
const BLEED = 1 / 512;

/**
 * Cuts a four-panel picture into its panels.
 *
 * With `"detect"`, each panel is trimmed to the seams of its row and its column,
 * then to the ratio that is wanted around its centre, and resized.
 *
 * @param image Composite, `[2h, 2w, 3]`.
 * @param options See {@linkcode SplitCompositeOptions}.
 * @returns Panels top left, top right, bottom left, bottom right, `[size.height, size.width, 3]`.
 *
 * @throws {RangeError} If a side of the composite is odd.
 *
 * @example Usage
 * ```ts
 * import { splitComposite } from "@edit-transfer/dataset";
 * import { blankImage, tileGrid } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const panel = (level: number) => blankImage(8, 8, [level, 0, 0]);
 * const grid = tileGrid([panel(1), panel(2), panel(3), panel(4)]);
 * assert.deepEqual((await splitComposite(grid))[2], panel(3));
 * ```
 */
export async function splitComposite(
  image: Image,
  options: SplitCompositeOptions = {},
): Promise<Quad<Image>> {
  checkComposite(image);
  const half = { width: image.width / 2, height: image.height / 2 };
  const { size = half, seams = "centre" } = options;
  const panel = (row: 0 | 1, column: 0 | 1) => {
    const rectangle = seams === "detect"
      ? trimmed(image, { row, column })
      : quadrant(half, { row, column });
    return fitPicture(crop(image, rectangle), size, "crop");
  };
  return [
    await panel(0, 0),
    await panel(0, 1),
    await panel(1, 0),
    await panel(1, 1),
  ];
}

/** Refuses extents that are not those of four panels. */
export function checkComposite({ width, height }: Size): void {
  if (width % 2 === 0 && height % 2 === 0) return;
  throw new RangeError(
    `Cannot split the composite as its sides must be even: got ${width} x ${height}`,
  );
}

interface Place {
  readonly row: 0 | 1;
  readonly column: 0 | 1;
}

function quadrant(half: Size, { row, column }: Place): Rectangle {
  return { left: column * half.width, top: row * half.height, ...half };
}

/** The part of a quadrant, or a little more, that is one picture. */
function trimmed(image: Image, { row, column }: Place): Rectangle {
  const half = { width: image.width / 2, height: image.height / 2 };
  const place = quadrant(half, { row, column });
  const across = { ...place, left: 0, width: image.width };
  const down = { ...place, top: 0, height: image.height };
  const [left, right] = inner(crop(image, across), {
    half: half.width,
    isSecond: column === 1,
  });
  const [top, bottom] = inner(transposed(crop(image, down)), {
    half: half.height,
    isSecond: row === 1,
    isFixed: true,
  });
  return { left, top, width: right - left, height: bottom - top };
}

/** First and last column of one of two pictures that stand side by side. */
function inner(
  image: Image,
  { half, isSecond, isFixed = false }: {
    half: number;
    isSecond: boolean;
    /** Rows meet at the centre; what is found beside it is only a strip. */
    readonly isFixed?: boolean | undefined;
  },
): [number, number] {
  const reach = Math.max(1, Math.round(image.width * SEAM_REACH));
  const bleed = Math.floor(image.width * BLEED);
  const found = findSeam(image, { around: half, reach });
  let { start, end } = found === undefined
    ? { start: half, end: half }
    : { start: found.start - bleed, end: found.end + bleed };
  if (isFixed) {
    start = Math.min(start, half);
    end = Math.max(end, half);
  }
  const picture = isSecond
    ? { start: end, end: image.width }
    : { start: 0, end: start };
  const whole = withoutBars(image, { picture, reach: Math.round(half / 8) });
  return [whole.start, whole.end];
}

/** Rows as columns. */
export function transposed({ width, height, data }: Image): Image {
  const turned = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * 3;
      const to = (x * height + y) * 3;
      for (let c = 0; c < 3; c++) turned[to + c] = data[from + c]!;
    }
  }
  return { width: height, height: width, data: turned };
}
