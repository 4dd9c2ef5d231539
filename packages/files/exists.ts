import { stat } from "node:fs/promises";

/**
 * Whether something is at a path: a file, a folder, or a link to one.
 *
 * @param path Path of it.
 * @returns False only where there is nothing.
 *
 * @throws {Error} If that cannot be told, e.g. without the right to look.
 *
 * @example Usage
 * ```ts
 * import { exists } from "@edit-transfer/files";
 * import assert from "node:assert/strict";
 *
 * assert.equal(await exists("no/such/file"), false);
 * ```
 */
export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return false;
    throw error;
  }
}
