import { readlink, stat } from "node:fs/promises";

/**
 * Whether something is at a path: a file, a folder, or a link to one.
 *
 * @param path Path of it.
 * @returns False only where there is nothing.
 *
 * @throws {Error} If that cannot be told, e.g. without the right to look, or if
 * there is a link to nothing.
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
    if (code !== "ENOENT" && code !== "ENOTDIR") throw error;
    await refuseDeadLink(path);
    return false;
  }
}

/**
 * Refuses a link to nothing, which is neither a file nor the absence of one:
 * a download that was cut short or cleared away leaves such links.
 *
 * @param path Path of a link, a file, or nothing.
 * @returns When it is no link, or leads somewhere.
 *
 * @throws {Error} If it is a link to nothing.
 *
 * @example Usage
 * ```ts
 * import { refuseDeadLink } from "@edit-transfer/files";
 *
 * await refuseDeadLink("deno.json");
 * await refuseDeadLink("no/such/file");
 * ```
 */
export async function refuseDeadLink(path: string): Promise<void> {
  const to = await readlink(path).catch(() => undefined);
  if (to === undefined) return;
  const isDead = await stat(path).then(() => false, (e) => e.code === "ENOENT");
  if (!isDead) return;
  throw new Error(
    `Cannot read "${path}" as it must be a file: got a link to "${to}", where there is none; get it again`,
  );
}
