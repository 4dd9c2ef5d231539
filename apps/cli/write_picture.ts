import { atomicWrite } from "@edit-transfer/files";
import { encodePicture, formatOf, type Image } from "@edit-transfer/image";
import { printBytes } from "@edit-transfer/terminal";
import { writeSidecar } from "./sidecar.ts";

/** Name of an output that is the standard output. */
export const STDOUT = "-";

/** Where what made a picture is kept. */
export interface MetadataFlags {
  /** False to keep it nowhere, unless beside the picture. */
  readonly metadata?: boolean | undefined;
  /** Whether to keep it in a file beside the picture, not in it. */
  readonly sidecar?: true | undefined;
}

/** Writes a picture in the format of its name, with what made it. */
export async function writePicture(
  path: string,
  image: Image,
  { text, flags: { metadata, sidecar } }: {
    /** Texts by keyword. */
    readonly text: Readonly<Record<string, string>>;
    readonly flags: MetadataFlags;
  },
): Promise<void> {
  const isInside = metadata !== false && sidecar !== true;
  const bytes = await encodePicture(image, {
    format: formatOf(path) ?? "png",
    text: isInside ? text : {},
  });
  if (path === STDOUT) return printBytes(bytes);
  await atomicWrite(path, bytes);
  if (sidecar === true) await writeSidecar(path, { text, bytes });
}
