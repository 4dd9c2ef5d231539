import { oneLine } from "@edit-transfer/files";

/**
 * Whether a path of a repository names a place in its folder on every system,
 * without anything that a terminal obeys.
 */
export function isSafePath(path: string): boolean {
  return path.isWellFormed() && path.length <= 1024 &&
    !/[\\:\t\n]/.test(path) && oneLine(path) === path &&
    path.split("/").every((part) =>
      part !== "" && part !== "." && part !== ".." &&
      new TextEncoder().encode(part).length <= 255
    );
}

/** A path as disks compare it that do not tell letters apart by their case. */
export function foldedPath(path: string): string {
  return path.normalize("NFC").toLowerCase();
}

/**
 * Two paths that cannot both be files: one is there twice, or the other's
 * folder.
 */
export function findClash(
  paths: readonly string[],
): [string, string] | undefined {
  const seen = new Set<string>();
  for (const path of paths) {
    if (seen.has(path)) return [path, path];
    seen.add(path);
  }
  for (const path of paths) {
    for (let end = path.indexOf("/"); end > 0;) {
      if (seen.has(path.slice(0, end))) return [path.slice(0, end), path];
      end = path.indexOf("/", end + 1);
    }
  }
  return undefined;
}
