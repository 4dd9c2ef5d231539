import { Buffer } from "node:buffer";
import sharp from "sharp";

/** A row of a contact sheet. */
export interface SheetRow {
  /** Panels from left to right, each RGB levels [size, size, 3]. */
  readonly panels: readonly Uint8Array[];
  /** Words beside the panels. */
  readonly words: string;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
};
const GAP = 4;
const WORDS = 240;

/** Words beside the panels, one line for each edit. */
function caption(words: string, height: number): Buffer {
  const lines = words.split(/ (?=and )/);
  const longest = Math.max(...lines.map((line) => line.length), 1);
  const font = Math.min(18, WORDS * 1.6 / longest);
  const texts = lines.map((line, i) => {
    const y = height / 2 + font * (0.35 + 1.2 * (i - (lines.length - 1) / 2));
    const text = line.replace(/[&<>]/g, (sign) => ESCAPES[sign]!);
    return `<text x="6" y="${y.toFixed(2)}">${text}</text>`;
  });
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WORDS}" height="${height}" font-family="sans-serif" font-size="${
      font.toFixed(2)
    }">${texts.join("")}</svg>`,
  );
}

/**
 * Picture of many cases below each other, pixels enlarged without smoothing.
 *
 * @param rows Panels and words of each case; all rows have the same number of panels.
 * @param options Side of a panel in pixels (64 by default), how often each
 * pixel is repeated (2 by default), and rows beside each other (1 by default).
 * @returns The picture as a PNG file.
 * @throws {RangeError} If there are no rows, or a panel has another size.
 *
 * @example Usage
 * ```ts
 * import { contactSheet } from "@edit-transfer/evaluate";
 * import assert from "node:assert/strict";
 *
 * const panel = new Uint8Array(8 * 8 * 3).fill(128);
 * const png = await contactSheet([{ panels: [panel, panel], words: "grey" }], { size: 8 });
 * assert.deepEqual([...png.subarray(1, 4)], [0x50, 0x4e, 0x47]); // "PNG"
 * ```
 */
export async function contactSheet(
  rows: readonly SheetRow[],
  options: {
    readonly size?: number | undefined;
    readonly zoom?: number | undefined;
    readonly columns?: number | undefined;
  } = {},
): Promise<Uint8Array> {
  const { size = 64, zoom = 2, columns = 1 } = options;
  const panels = rows[0]?.panels.length ?? 0;
  const odd = rows.find((row) =>
    row.panels.length !== panels ||
    row.panels.some((panel) => panel.length !== size * size * 3)
  );
  if (rows.length === 0 || odd !== undefined) {
    throw new RangeError(
      `Cannot lay out a contact sheet as each row takes ${panels} panels of ${
        size * size * 3
      } bytes: got ${
        odd === undefined
          ? "no rows"
          : `${odd.panels.length} of ${
            odd.panels.map((panel) => panel.length).join(", ")
          }`
      }`,
    );
  }
  const side = size * zoom;
  const band = panels * (side + GAP) + WORDS;
  const parts = await Promise.all(rows.flatMap((row, i) => {
    const left = i % columns * band;
    const top = Math.floor(i / columns) * (side + GAP);
    const pictures = row.panels.map(async (panel, k) => ({
      input: await sharp(panel, {
        raw: { width: size, height: size, channels: 3 },
      })
        .resize(side, side, { kernel: "nearest" }).png().toBuffer(),
      left: left + k * (side + GAP),
      top,
    }));
    const words = {
      input: caption(row.words, side),
      left: left + panels * (side + GAP),
      top,
    };
    return [...pictures, Promise.resolve(words)];
  }));
  return new Uint8Array(
    await sharp({
      create: {
        width: columns * band,
        height: Math.ceil(rows.length / columns) * (side + GAP),
        channels: 3,
        background: "#ffffff",
      },
    }).composite(parts).png().toBuffer(),
  );
}
