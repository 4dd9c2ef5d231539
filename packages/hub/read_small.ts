import { readFile, stat } from "node:fs/promises";

/** Text of a small file; empty if it is not there, large, a pipe or a device. */
export async function readSmall(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile() || found.size > 65_536) return "";
  return (await readFile(path, "utf8").catch(() => "")).trim();
}
