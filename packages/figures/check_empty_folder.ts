import { readdir } from "node:fs/promises";

/** Refuses a folder that holds something; one that is missing will do. */
export async function checkEmptyFolder(dir: string): Promise<void> {
  const found = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw new Error(
      `Cannot write figures as "${dir}" must be a folder that can be read: got ${
        error.code === "ENOTDIR" ? "a file" : error.code
      }`,
      { cause: error },
    );
  });
  if (found.length === 0) return;
  throw new Error(
    `Cannot write figures as "${dir}" must be empty: got ${found.length} entries, such as "${
      found[0]
    }"; name another folder, or overwrite with --force`,
  );
}
