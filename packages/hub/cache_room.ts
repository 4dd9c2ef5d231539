import { stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { missingBytes } from "./blob_file.ts";
import { HubError, quoted } from "./hub_error.ts";
import type { ListedFile } from "./hub_listing.ts";
import { ownFolder } from "./own_folder.ts";
import { foldedPath } from "./safe_path.ts";

/** Refuses files that the disk of the cache cannot hold or cannot tell apart. */
export async function checkRoom(
  repo: string,
  folder: string,
  files: readonly ListedFile[],
): Promise<void> {
  const blobs = await ownFolder(repo, folder, "blobs");
  let needed = 0;
  for (const { size, hash } of files) {
    needed += await missingBytes(join(blobs, hash.hex), size);
  }
  const disk = await statfs(blobs).catch(() => undefined); // not permitted
  const free = disk === undefined ? Infinity : disk.bavail * disk.bsize;
  if (needed > free) {
    throw new HubError(
      `Cannot pull ${repo} as the disk of "${folder}" must take ${
        sized(needed)
      }: ${sized(free)} are free`,
      { repo },
    );
  }
  const twins = findTwins(files);
  if (twins === undefined) return;
  const isFolding = await stat(join(folder, "BLOBS"))
    .then(() => true, () => false);
  if (isFolding) {
    throw new HubError(
      `Cannot pull ${repo} as the disk of "${folder}" must tell ${
        twins.map(quoted).join(" from ")
      }: it does not tell capitals`,
      { repo },
    );
  }
}

/** Two paths that differ only in their case, if there are any. */
function findTwins(
  files: readonly ListedFile[],
): [string, string] | undefined {
  const seen = new Map<string, string>();
  for (const { path } of files) {
    const twin = seen.get(foldedPath(path));
    if (twin !== undefined) return [twin, path];
    seen.set(foldedPath(path), path);
  }
  return undefined;
}

function sized(bytes: number): string {
  return bytes < 1e8
    ? `${(bytes / 1e6).toFixed(1)} MB`
    : `${(bytes / 1e9).toFixed(1)} GB`;
}
