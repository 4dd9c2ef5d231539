import { atomicWrite } from "@edit-transfer/files";
import { addPngText, type Image } from "@edit-transfer/image";

/** A picture of a sheet. */
export interface SheetPicture {
  readonly image: Image;
  /** Words below it. */
  readonly words: string;
  /** Texts of its PNG. */
  readonly text: Readonly<Record<string, string>>;
}

/** Pixels that the side of a picture has at least. */
const LEAST = 128;

/**
 * Writes pictures of one size on a sheet that is about square. It carries the
 * texts of the first, so that it is known as an output of this program.
 */
export async function writeSheet(
  path: string,
  pictures: readonly SheetPicture[],
): Promise<void> {
  const { contactSheet } = await import("@edit-transfer/evaluate");
  const [{ image, text }] = pictures as [SheetPicture];
  const sheet = await contactSheet(
    pictures.map(({ image, words }) => ({ panels: [image], words })),
    {
      zoom: Math.ceil(LEAST / Math.max(image.width, image.height)),
      columns: Math.ceil(Math.sqrt(pictures.length)),
      words: "below",
    },
  );
  await atomicWrite(path, addPngText(sheet, text));
}
