/** Failures of the disk as a sentence; others as they are. */
export function diskError(
  cause: unknown,
  cacheDir: string,
  repo: string,
): unknown {
  const { code } = cause as { code?: unknown };
  const found = code === "ENOSPC" || code === "EDQUOT"
    ? "the disk is full; free some space and pull again to go on"
    : code === "EACCES" || code === "EPERM"
    ? "permission is denied"
    : code === "EROFS"
    ? "the disk is read-only; set HF_HUB_CACHE to another folder"
    : undefined;
  if (found === undefined) return cause;
  return new Error(
    `Cannot pull ${repo} as the cache "${cacheDir}" must take it: ${found}`,
    { cause },
  );
}
