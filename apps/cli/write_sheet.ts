import { atomicWrite } from "@edit-transfer/files";
import { addPngText, type Image } from "@edit-transfer/image";
import type { Seed } from "@edit-transfer/transfer";
import { type EditRecord, type GenerateRecord, recordText } from "./record.ts";

/** A picture of a sheet. */
export interface SheetPicture {
  readonly image: Image;
  /** Words below it. */
  readonly words: string;
  /** Seed that it was made of. */
  readonly seed: Seed;
}

/** Extents, which stand in the first chunk. */
function pngSize(png: Uint8Array) {
  const view = new DataView(png.buffer, png.byteOffset);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

/** Pixels that the side of a picture has at least. */
const LEAST = 128;

/**
 * Writes pictures of one size on a sheet that is about square. It carries the
 * record of one, and the seeds of all.
 */
export async function writeSheet(
  path: string,
  pictures: readonly SheetPicture[],
  record: EditRecord | GenerateRecord,
): Promise<void> {
  const { contactSheet } = await import("@edit-transfer/evaluate");
  const [{ image }] = pictures as [SheetPicture];
  const sheet = await contactSheet(
    pictures.map(({ image, words }) => ({ panels: [image], words })),
    {
      zoom: Math.ceil(LEAST / Math.max(image.width, image.height)),
      columns: Math.ceil(Math.sqrt(pictures.length)),
      words: "below",
    },
  );
  const text = recordText(record, {
    ...pngSize(sheet),
    seeds: pictures.map(({ seed }) => seed),
  });
  await atomicWrite(path, addPngText(sheet, text));
}
