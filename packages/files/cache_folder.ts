import { join } from "node:path";
import process from "node:process";
import { envVariable } from "./env_variable.ts";

/**
 * Folder of the user for files that can be made again, if it is known.
 *
 * @param platform As `process.platform` names it.
 * @param variable Value of an environment variable.
 * @returns The folder: `$XDG_CACHE_HOME` or `~/.cache` on Linux,
 * `~/Library/Caches` on macOS, `%LOCALAPPDATA%` on Windows.
 *
 * @example Usage
 * ```ts
 * import { cacheFolder } from "@edit-transfer/files";
 * import assert from "node:assert/strict";
 *
 * const variables: Record<string, string> = { HOME: "/home/me" };
 * const folder = cacheFolder("linux", (name) => variables[name]);
 *
 * assert.equal(folder, "/home/me/.cache");
 * ```
 */
export function cacheFolder(
  platform: string = process.platform,
  variable: (name: string) => string | undefined = envVariable,
): string | undefined {
  if (platform === "win32") return variable("LOCALAPPDATA");
  const given = platform === "darwin" ? undefined : variable("XDG_CACHE_HOME");
  if (given) return given;
  const home = variable("HOME");
  return home &&
    join(home, platform === "darwin" ? "Library/Caches" : ".cache");
}
