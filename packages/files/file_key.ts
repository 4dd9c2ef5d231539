import { stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";

/**
 * Text that two paths share if they lead to one file: also through links, and
 * for files that are not there yet, in any case and Unicode form of their names,
 * as many disks take these for one.
 *
 * @param path Path of a file, which need not be there.
 * @returns The text, which holds while nothing is made or moved.
 *
 * @example Usage
 * ```ts
 * import { fileKey } from "@edit-transfer/files";
 * import assert from "node:assert/strict";
 *
 * assert.equal(await fileKey("./deno.json"), await fileKey("deno.json"));
 * assert.equal(await fileKey("new.png"), await fileKey("New.PNG"));
 * assert.notEqual(await fileKey("new.png"), await fileKey("deno.json"));
 * ```
 */
export async function fileKey(path: string): Promise<string> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  if (found !== undefined) return `${found.dev} ${found.ino}`;
  const absolute = resolve(path);
  const parent = dirname(absolute);
  if (parent === absolute) return absolute;
  return `${await fileKey(parent)}/${foldedName(absolute)}`;
}

/**
 * Name of a file as disks compare it that know neither case nor Unicode form.
 *
 * @param path Path of the file.
 * @returns Its last part, folded.
 *
 * @example Usage
 * ```ts
 * import { foldedName } from "@edit-transfer/files";
 * import assert from "node:assert/strict";
 *
 * assert.equal(foldedName("a/Ä.PNG"), foldedName("b/a\u0308.png"));
 * ```
 */
export function foldedName(path: string): string {
  return basename(path).normalize("NFC").toUpperCase().toLowerCase()
    .normalize("NFC");
}
