import { randomUUID } from "node:crypto";
import {
  copyFile,
  mkdir,
  rename,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { dirname, relative } from "node:path";

/** Puts a blob into the snapshot under its name. */
export async function linkBlob(blob: string, path: string): Promise<void> {
  if (await stat(path).then(() => true, () => false)) return;
  await mkdir(dirname(path), { recursive: true });
  await symlink(relative(dirname(path), blob), path).catch(async (error) => {
    if (error.code === "EEXIST") return;
    if (error.code !== "EPERM") throw error;
    await copyFile(blob, path); // Windows without the right to link
  });
}

/** Writes a small file whole or not at all. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}`;
  await writeFile(temporary, text);
  await rename(temporary, path);
}
