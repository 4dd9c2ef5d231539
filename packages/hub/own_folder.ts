import { lstat, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { HubError } from "./hub_error.ts";

/**
 * Makes a folder below that of the repository in the cache.
 *
 * @throws {HubError} If a part of its path is a link, which leads elsewhere.
 */
export async function ownFolder(
  repo: string,
  folder: string,
  path: string,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  let at = folder;
  for (const part of path.split("/")) {
    at = join(at, part);
    await mkdir(at).catch((error) => {
      if (error.code !== "EEXIST") throw error;
    });
    if ((await lstat(at)).isSymbolicLink()) {
      throw new HubError(
        `Cannot pull ${repo} as "${at}" must be a folder of the cache: got a link, remove it`,
        { repo },
      );
    }
  }
  return at;
}
