import { exists } from "@edit-transfer/files";

/**
 * Path of a model that a user names: a folder or file, or `OWNER/NAME` of the
 * hub for what `pull` has brought.
 */
export async function locateModel(name: string): Promise<string> {
  if (await exists(name)) return name;
  const { cachedSnapshot, isRepoName } = await import("@edit-transfer/hub");
  return isRepoName(name) ? await cachedSnapshot(name) : name;
}
