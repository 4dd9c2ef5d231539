import { oneLine } from "@edit-transfer/files";
import type { Image } from "@edit-transfer/image";
import { Buffer } from "node:buffer";
import sharp from "sharp";

/** A row of a contact sheet. */
export interface SheetRow {
  /** Panels from left to right, all of one size. */
  readonly panels: readonly Image[];
  /** Words beside the panels, or below them. */
  readonly words: string;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
};
const GAP = 4;
const BESIDE = 240;
const BELOW = 20;

/** Pixels that words may fill. */
interface Place {
  readonly width: number;
  readonly height: number;
}

/** Words of a row, one line for each edit, as large as their place allows. */
function caption(words: string, { width, height }: Place): Buffer {
  const lines = words.split(/ (?=and )/);
  const longest = Math.max(...lines.map((line) => line.length), 1);
  const font = Math.min(18, width * 1.6 / longest, height * 0.8);
  const texts = lines.map((line, i) => {
    const y = height / 2 + font * (0.35 + 1.2 * (i - (lines.length - 1) / 2));
    const text = oneLine(line).replace(/[&<>]/g, (sign) => ESCAPES[sign]!);
    return `<text x="6" y="${y.toFixed(2)}">${text}</text>`;
  });
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="${
      font.toFixed(2)
    }">${texts.join("")}</svg>`,
  );
}

/**
 * Picture of many cases below each other, pixels enlarged without smoothing.
 *
 * @param rows Panels and words of each case; all rows have the same number of panels.
 * @param options How often each pixel is repeated (2 by default), rows beside
 * each other (1 by default), and where the words stand (beside the panels by
 * default).
 * @returns The picture as a PNG file.
 * @throws {RangeError} If there are no rows, or a panel has another size.
 *
 * @example Usage
 * ```ts
 * import { contactSheet } from "@edit-transfer/evaluate";
 * import assert from "node:assert/strict";
 *
 * const panel = { width: 8, height: 8, data: new Uint8Array(8 * 8 * 3) };
 * const png = await contactSheet([{ panels: [panel, panel], words: "black" }]);
 * assert.deepEqual([...png.subarray(1, 4)], [0x50, 0x4e, 0x47]); // "PNG"
 * ```
 */
export async function contactSheet(
  rows: readonly SheetRow[],
  options: {
    readonly zoom?: number | undefined;
    readonly columns?: number | undefined;
    readonly words?: "beside" | "below" | undefined;
  } = {},
): Promise<Uint8Array> {
  const { zoom = 2, columns = 1, words = "beside" } = options;
  const [first] = rows[0]?.panels ?? [];
  const panels = rows[0]?.panels.length ?? 0;
  const odd = rows.find((row) =>
    row.panels.length !== panels ||
    row.panels.some((panel) =>
      panel.width !== first?.width || panel.height !== first.height
    )
  );
  if (first === undefined || odd !== undefined) {
    throw new RangeError(
      `Cannot lay out a contact sheet as each row takes ${panels} panels of ${
        first?.width ?? 0
      }×${first?.height ?? 0}: got ${
        odd?.panels.map(({ width, height }) => `${width}×${height}`)
          .join(", ") || "none"
      }`,
    );
  }
  const across = first.width * zoom;
  const down = first.height * zoom;
  const pictured = panels * (across + GAP);
  const [place, at] = words === "beside"
    ? [{ width: BESIDE, height: down }, { left: pictured, top: 0 }]
    : [{ width: pictured, height: BELOW }, { left: 0, top: down }];
  const width = pictured + (words === "beside" ? BESIDE : 0);
  const height = down + GAP + (words === "below" ? BELOW : 0);
  const parts = await Promise.all(rows.flatMap((row, i) => {
    const left = i % columns * width;
    const top = Math.floor(i / columns) * height;
    const pictures = row.panels.map(async ({ data, ...extents }, k) => ({
      input: await sharp(data, { raw: { ...extents, channels: 3 } })
        .resize(across, down, { kernel: "nearest" }).png().toBuffer(),
      left: left + k * (across + GAP),
      top,
    }));
    const text = {
      input: caption(row.words, place),
      left: left + at.left,
      top: top + at.top,
    };
    return [...pictures, Promise.resolve(text)];
  }));
  return new Uint8Array(
    await sharp({
      create: {
        width: columns * width,
        height: Math.ceil(rows.length / columns) * height,
        channels: 3,
        background: "#ffffff",
      },
    }).composite(parts).png().toBuffer(),
  );
}
