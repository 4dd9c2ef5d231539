import { atomicWrite, exists } from "@edit-transfer/files";
import { mkdir, readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { type ByteStore, checkKey } from "./byte_store.ts";
import { TransientError } from "./transient_error.ts";

/** What a file system that is away for a moment says. */
const AWAY = new Set([
  "EIO",
  "ESTALE",
  "EAGAIN",
  "EBUSY",
  "ETIMEDOUT",
  "EHOSTDOWN",
]);

/**
 * Files in a folder, which may be one that several machines have mounted.
 *
 * @param folder The folder, made when the first file is written.
 * @returns The store.
 *
 * @example Usage
 * ```ts
 * import { folderStore } from "@edit-transfer/store";
 * import assert from "node:assert/strict";
 *
 * assert.equal(await folderStore("nowhere").has("inputs/a.png"), false);
 * ```
 */
export function folderStore(folder: string): ByteStore {
  const root = resolve(folder);
  const at = (key: string) => join(root, ...checkKey(key).split("/"));
  return {
    address: root,
    async read(key) {
      try {
        return new Uint8Array(await readFile(at(key)));
      } catch (cause) {
        if (codeOf(cause) === "ENOENT") return undefined;
        throw ofFileSystem(cause, `Cannot read "${at(key)}"`);
      }
    },
    has: (key) => exists(at(key)),
    async write(key, bytes) {
      const path = at(key);
      if (await exists(path)) return;
      try {
        await mkdir(dirname(path), { recursive: true });
        await atomicWrite(path, bytes);
      } catch (cause) {
        throw ofFileSystem(cause, `Cannot write "${path}"`);
      }
    },
  };
}

function codeOf(error: unknown): string | undefined {
  return (error as { readonly code?: string | undefined }).code;
}

/** The error, told apart by whether another try may help. */
function ofFileSystem(error: unknown, task: string): unknown {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = codeOf(cause);
    if (code === undefined || !AWAY.has(code)) continue;
    return new TransientError(`${task} as the folder is away: got ${code}`, {
      cause: error,
    });
  }
  return error;
}
