import { UsageError } from "@edit-transfer/terminal";
import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** Files of a folder that are taken for pictures. */
const PICTURE = /\.(png|jpe?g|webp|avif|gif|tiff?|heic|heif|svg)$/i;

/** Paths of the pictures of a folder, by name; one at least. */
export async function picturesIn(folder: string): Promise<string[]> {
  const found = await readdir(folder).catch((cause) => {
    throw new UsageError(
      cause.code === "ENOENT"
        ? `Folder of queries not found: "${folder}"`
        : `Cannot read queries "${folder}": it is not a folder`,
      { cause },
    );
  });
  const names = found.filter((name) => PICTURE.test(name)).sort();
  if (names.length > 0) return names.map((name) => join(folder, name));
  throw new UsageError(
    `Cannot edit "${folder}" as it must hold pictures: got none in ${found.length} files`,
  );
}
