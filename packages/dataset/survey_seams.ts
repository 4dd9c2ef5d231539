import { crop, type Image, resize } from "@edit-transfer/image";
import { findSeam } from "./find_seam.ts";
import { SEAM_REACH, transposed } from "./split_composite.ts";

/** What is seen where the panels of a composite meet. */
export interface SeamSurvey {
  /** Rows and columns of panels without a clear seam: they are cut at the centre. */
  readonly unclear: readonly string[];
  /** Most pixels that a seam is away from the centre. */
  readonly shift: number;
  /**
   * How alike the two pictures of a row are, the mean of both rows: the
   * correlation of their brightness, -1 to 1.
   */
  readonly likeness: number;
}

/** Side of the small pictures that are compared. */
const SMALL = 16;
/** Variance of brightness, in levels², under which a picture is of one colour. */
const PLAIN = 1;

/**
 * Looks at the seams of a four-panel picture.
 *
 * @param image Composite, `[2h, 2w, 3]`.
 * @returns What was seen.
 *
 * @example Usage
 * ```ts
 * import { surveySeams } from "@edit-transfer/dataset";
 * import { blankImage, tileGrid } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const panel = (level: number) => blankImage(32, 32, [level, 0, 0]);
 * const grid = tileGrid([panel(0), panel(60), panel(120), panel(240)]);
 * assert.deepEqual((await surveySeams(grid)).unclear, []);
 * ```
 */
export async function surveySeams(image: Image): Promise<SeamSurvey> {
  const { width, height } = image;
  const [w, h] = [width >> 1, height >> 1];
  const row = (top: number) =>
    crop(image, { left: 0, top, width: 2 * w, height: h });
  const column = (left: number) =>
    transposed(crop(image, { left, top: 0, width: w, height: 2 * h }));
  const parts = {
    "top row": row(0),
    "bottom row": row(h),
    "left column": column(0),
    "right column": column(w),
  };
  const unclear: string[] = [];
  let shift = 0;
  for (const [name, part] of Object.entries(parts)) {
    const around = part.width >> 1;
    const reach = Math.max(1, Math.round(part.width * SEAM_REACH));
    const seam = findSeam(part, { around, reach });
    if (seam === undefined) unclear.push(name);
    else {
      const away = Math.max(around - seam.start, seam.end - around);
      shift = Math.max(shift, away);
    }
  }
  const alike = [
    await likeness(parts["top row"]),
    await likeness(parts["bottom row"]),
  ];
  return { unclear, shift, likeness: (alike[0]! + alike[1]!) / 2 };
}

/** Correlation of the brightness of the two halves of a row. */
async function likeness(row: Image): Promise<number> {
  const width = row.width / 2;
  const half = async (left: number) =>
    centred(
      await resize(crop(row, { left, top: 0, width, height: row.height }), {
        width: SMALL,
        height: SMALL,
      }),
    );
  const [a, b] = [await half(0), await half(width)];
  const [aa, bb, ab] = [dot(a, a), dot(b, b), dot(a, b)];
  const least = PLAIN * a.length;
  if (aa < least && bb < least) return 1;
  return ab / Math.sqrt(Math.max(aa, least) * Math.max(bb, least));
}

/** Brightness of all pixels, its mean taken off. */
function centred({ data }: Image): number[] {
  const levels: number[] = [];
  for (let at = 0; at < data.length; at += 3) {
    levels.push((data[at]! + data[at + 1]! + data[at + 2]!) / 3);
  }
  const mean = levels.reduce((sum, level) => sum + level, 0) / levels.length;
  return levels.map((level) => level - mean);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, x, i) => sum + x * b[i]!, 0);
}
