import { atomicWrite } from "@edit-transfer/files";
import { createHash } from "node:crypto";
import { mkdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

/** A file that a package consists of. */
export interface ListedFile {
  /** Path below the package, with slashes. */
  readonly path: string;
  /** Length in bytes. */
  readonly bytes: number;
  /** SHA-256 in hexadecimal digits. */
  readonly sha256: string;
}

/** What to fetch, and where to keep it. */
export interface FetchFilesOptions {
  /** The files. */
  readonly files: readonly ListedFile[];
  /** Folder to write to; it is made where it is missing. */
  readonly folder: string;
}

/**
 * Fetches files that are not there yet, each written whole or not at all.
 *
 * @param from Address that paths are relative to.
 * @param options See {@linkcode FetchFilesOptions}.
 *
 * @throws {Error} If a file cannot be fetched, or has another hash.
 */
export async function fetchFiles(
  from: URL,
  { files, folder }: FetchFilesOptions,
): Promise<void> {
  await Promise.all(files.map(async (file) => {
    const target = join(folder, file.path);
    const there = await stat(target).catch(() => undefined);
    if (there?.size === file.bytes) return;
    const bytes = await fetchFile(new URL(file.path, from), file);
    await mkdir(dirname(target), { recursive: true });
    await atomicWrite(target, bytes);
  }));
}

async function fetchFile(
  address: URL,
  { sha256 }: ListedFile,
): Promise<Uint8Array> {
  const response = await fetch(address);
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(
      `File not found: "${address.href}" answered with ${response.status}`,
    );
  }
  const bytes = await response.bytes();
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found !== sha256) {
    throw new Error(
      `Cannot use "${address.href}" as its SHA-256 must be ${sha256}: got ${found}`,
    );
  }
  return bytes;
}
