import { atomicWrite } from "@edit-transfer/files";
import { randomUUID } from "node:crypto";
import {
  copyFile,
  lstat,
  mkdir,
  readlink,
  rename,
  rm,
  stat,
  symlink,
} from "node:fs/promises";
import { dirname, relative } from "node:path";

/** Puts a blob into the snapshot under its name, in place of any other link. */
export async function linkBlob(blob: string, path: string): Promise<void> {
  const to = relative(dirname(path), blob);
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSymbolicLink() && await readlink(path) === to) return;
  if (found?.isFile() && found.size === (await stat(blob)).size) return;
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}`;
  try {
    await symlink(to, temporary).catch(async (error) => {
      if (error.code !== "EPERM") throw error;
      await copyFile(blob, temporary); // Windows without the right to link
    });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Notes which commit a branch or tag is. */
export async function writeRef(path: string, sha: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await atomicWrite(path, new TextEncoder().encode(sha));
}
