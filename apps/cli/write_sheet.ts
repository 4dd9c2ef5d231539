import {
  decodeImage,
  fitPicture,
  type Image,
  type Size,
} from "@edit-transfer/image";
import type { Seed } from "@edit-transfer/transfer";
import { type EditRecord, type GenerateRecord, recordText } from "./record.ts";
import { type MetadataFlags, writePicture } from "./write_picture.ts";

/** A picture of a sheet. */
export interface SheetPicture {
  readonly image: Image;
  /** Words below it. */
  readonly words: string;
  /** Seed that it was made of. */
  readonly seed: Seed;
}

/** Pixels that the longer side of a picture has at least and at most. */
const [LEAST, MOST] = [128, 512];

/**
 * Writes pictures on a sheet that is about square. It carries the record of one,
 * and the seeds of all.
 */
export async function writeSheet(
  path: string,
  { pictures, record, flags }: {
    readonly pictures: readonly SheetPicture[];
    readonly record: EditRecord | GenerateRecord;
    readonly flags: MetadataFlags;
  },
): Promise<void> {
  const { contactSheet } = await import("@edit-transfer/evaluate");
  const cell = cellOf(pictures);
  const rows = [];
  for (const { image, words } of pictures) {
    rows.push({ panels: [await fitPicture(image, cell, "pad")], words });
  }
  const sheet = await decodeImage(
    await contactSheet(rows, {
      zoom: Math.ceil(LEAST / Math.max(cell.width, cell.height)),
      columns: Math.ceil(Math.sqrt(pictures.length)),
      words: "below",
    }),
  );
  const text = recordText(record, {
    width: sheet.width,
    height: sheet.height,
    seeds: pictures.map(({ seed }) => seed),
  });
  await writePicture(path, sheet, { text, flags });
}

/** Extents into which all pictures go, the large ones shrunk. */
function cellOf(pictures: readonly SheetPicture[]): Size {
  const shrunk = pictures.map(({ image: { width, height } }) => {
    const scale = Math.min(1, MOST / Math.max(width, height));
    return {
      width: Math.max(1, Math.round(width * scale)),
      height: Math.max(1, Math.round(height * scale)),
    };
  });
  return {
    width: Math.max(...shrunk.map(({ width }) => width)),
    height: Math.max(...shrunk.map(({ height }) => height)),
  };
}
