import { oneLine } from "@edit-transfer/files";

const FOUND: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full; free some space and pull again to go on",
  EDQUOT: "the disk is full; free some space and pull again to go on",
  EACCES: "permission is denied",
  EPERM: "permission is denied",
  EROFS: "the disk is read-only; set HF_HUB_CACHE to another folder",
  ENOTDIR: "a file is where a folder must be",
  EEXIST: "a file is where a folder must be",
  ENOENT: "a part of it has gone; pull again",
  EISDIR: "a folder is where a file must be",
};

/** Failures of the disk as a sentence; others as they are. */
export function diskError(
  cause: unknown,
  cacheDir: string,
  repo: string,
): unknown {
  const { code, message } = cause as {
    readonly code?: unknown;
    readonly message?: string | undefined;
  };
  // the code of a DOMException is a number, that of a stop by the user ABORT_ERR
  if (typeof code !== "string" || !/^E[A-Z0-9]+$/.test(code)) return cause;
  return new Error(
    oneLine(
      `Cannot pull ${repo} as the cache "${cacheDir}" must take it: ${
        FOUND[code] ?? message
      }`,
    ),
    { cause },
  );
}
