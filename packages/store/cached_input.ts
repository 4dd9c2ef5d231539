import { atomicWrite, exists, hashFile } from "@edit-transfer/files";
import { createHash } from "node:crypto";
import { mkdir, readdir, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { ByteStore } from "./byte_store.ts";
import { TransientError } from "./transient_error.ts";

/** A file that is known by its content. */
export interface InputFile {
  /** SHA-256 of its bytes, 64 hexadecimal digits. */
  readonly sha256: string;
  /** Ending of its name with the dot, e.g. `".png"`; empty for none. */
  readonly extension: string;
}

/**
 * Key of a file in a store.
 *
 * @param file See {@linkcode InputFile}.
 * @returns The key.
 *
 * @throws {Error} If hash or ending are no such texts.
 *
 * @example Usage
 * ```ts
 * import { inputKey } from "@edit-transfer/store";
 * import assert from "node:assert/strict";
 *
 * const sha256 = "0f".repeat(32);
 * assert.equal(inputKey({ sha256, extension: ".png" }), `inputs/${sha256}.png`);
 * ```
 */
export function inputKey(file: InputFile): string {
  const { sha256, extension } = file;
  if (
    /^[0-9a-f]{64}$/.test(sha256) && /^(\.[A-Za-z0-9]{1,8})?$/.test(extension)
  ) {
    return `inputs/${sha256}${extension}`;
  }
  throw new Error(
    `Cannot use an input as it must be named by its SHA-256: got ${
      JSON.stringify(`${sha256}${extension}`.slice(0, 80))
    }`,
  );
}

/**
 * Path of a file of a store on this machine: in a folder that keeps what was
 * read last.
 *
 * @param file See {@linkcode InputFile}.
 * @param options The store, the folder, and the most bytes that it keeps.
 * @returns The path.
 *
 * @throws {TransientError} If the store has no such file yet, or other bytes.
 *
 * @example Usage
 * ```ts
 * import { cachedInput, folderStore, inputKey } from "@edit-transfer/store";
 * import { hashText } from "@edit-transfer/files";
 * import assert from "node:assert/strict";
 * import { mkdtemp, readFile, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const root = await mkdtemp(join(tmpdir(), "cache-"));
 * const store = folderStore(join(root, "store"));
 * const file = { sha256: hashText("abc"), extension: ".txt" };
 * await store.write(inputKey(file), new TextEncoder().encode("abc"));
 * const path = await cachedInput(file, { store, folder: join(root, "cache") });
 * assert.equal(await readFile(path, "utf8"), "abc");
 * await rm(root, { recursive: true });
 * ```
 */
export async function cachedInput(
  file: InputFile,
  options: {
    readonly store: Pick<ByteStore, "read" | "address">;
    readonly folder: string;
    readonly maxBytes?: number | undefined;
  },
): Promise<string> {
  const { store, folder, maxBytes = 2 ** 31 } = options;
  const key = inputKey(file);
  const path = join(folder, `${file.sha256}${file.extension}`);
  if (await exists(path)) {
    if (await hashFile(path) === file.sha256) {
      const now = new Date();
      await utimes(path, now, now).catch(() => {}); // of a folder that others own
      return path;
    }
    await rm(path, { force: true });
  }
  const bytes = await store.read(key);
  const found = bytes && createHash("sha256").update(bytes).digest("hex");
  if (bytes === undefined || found !== file.sha256) {
    throw new TransientError(
      `Cannot read ${key} of ${store.address} as ${
        bytes === undefined
          ? "it must be there: got no such file"
          : `its content must have its name: got sha256 ${found!.slice(0, 12)}`
      }`,
    );
  }
  await mkdir(folder, { recursive: true });
  await makeRoom(folder, maxBytes - bytes.length);
  await atomicWrite(path, bytes, { flush: false });
  return path;
}

/** Removes files that were used longest ago until the others fit. */
async function makeRoom(folder: string, maxBytes: number): Promise<void> {
  const names = (await readdir(folder)).filter((n) => /^[0-9a-f]{64}/.test(n));
  const files = await Promise.all(names.map(async (name) => {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    return { path, size: found?.size ?? 0, used: found?.mtimeMs ?? 0 };
  }));
  let held = files.reduce((sum, { size }) => sum + size, 0);
  for (const { path, size } of files.sort((a, b) => a.used - b.used)) {
    if (held <= maxBytes) return;
    await rm(path, { force: true });
    held -= size;
  }
}
