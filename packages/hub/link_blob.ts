import {
  copyFile,
  lstat,
  readlink,
  rename,
  rm,
  stat,
  symlink,
} from "node:fs/promises";
import { dirname, relative } from "node:path";

/** Puts a blob under a name of the snapshot, in place of any other link. */
export async function linkBlob(blob: string, path: string): Promise<void> {
  const to = relative(dirname(path), blob);
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSymbolicLink() && await readlink(path) === to) return;
  if (found?.isFile() && found.size === (await stat(blob)).size) return;
  const place = found === undefined ? path : `${blob}.link.tmp`;
  if (place !== path) await rm(place, { force: true }); // of a run that was killed here
  await symlink(to, place).catch(async (error) => {
    if (error.code === "EEXIST") return; // another run did
    if (error.code !== "EPERM") throw error;
    await copyFile(blob, place); // Windows without the right to link
  });
  if (place === path) return;
  await rename(place, path).catch(async (error) => {
    if (await readlink(path).catch(() => "") === to) return; // another run did
    await rm(place, { force: true });
    throw error;
  });
}
