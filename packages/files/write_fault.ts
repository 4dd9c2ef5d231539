import { dirname } from "node:path";

/**
 * Why a file cannot be written, as the end of a sentence; undefined where the
 * cause is no error of the system.
 */
export function writeFault(path: string, cause: unknown): string | undefined {
  const { code, message } = cause as NodeJS.ErrnoException;
  // the code of a DOMException is a number
  if (typeof code !== "string") return undefined;
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return `there is no folder "${dirname(path)}"`;
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return `the folder "${dirname(path)}" is not writable`;
    case "EISDIR":
      return "it is a folder";
    case "ENOSPC":
    case "EDQUOT":
      return "the disk is full";
    default:
      return message;
  }
}
