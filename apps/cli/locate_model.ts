import { exists, pathOnDisk } from "@edit-transfer/files";

/**
 * Path of a model that a user names: a folder or file, or `OWNER/NAME` of the
 * hub for what `pull` has brought.
 */
export async function locateModel(name: string): Promise<string> {
  const path = await pathOnDisk(name);
  if (await exists(path)) return path;
  const { cachedSnapshot, isRepoName } = await import("@edit-transfer/hub");
  return isRepoName(name) ? await cachedSnapshot(name) : name;
}
