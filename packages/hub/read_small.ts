import { readText } from "@edit-transfer/files";

/** Text of a small file; empty if it is not there, large, or no text. */
export async function readSmall(path: string): Promise<string> {
  return (await readText(path, { maxBytes: 65_536 }).catch(() => "")).trim();
}
