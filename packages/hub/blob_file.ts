import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import {
  type FileHandle,
  lstat,
  open,
  rename,
  rm,
  stat,
} from "node:fs/promises";
import { HubError, PassingError } from "./hub_error.ts";
import type { ListedFile } from "./hub_listing.ts";

/** Bytes of a file from some byte on. */
export interface FilePart {
  /** Where they begin: at the start of the file, if the hub knows no other. */
  readonly start: number;
  /** The bytes. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** Options of {@linkcode fetchBlob}. */
export interface FetchBlobOptions {
  /** Repository, for messages. */
  readonly repo: string;
  /** Asks for the bytes from some byte on. */
  readonly request: (start: number) => Promise<FilePart>;
  /** Called with the bytes that are there. */
  readonly onProgress: (received: number) => void;
}

/**
 * Brings a file to `path`, going on where an earlier run ended; if what that
 * left turns out to be wrong, from the start. The file appears under that name
 * only with the right hash; what is there before has `.incomplete` behind it.
 * Two runs may write the same file: both write the same bytes at the same
 * places.
 */
export async function fetchBlob(
  path: string,
  file: ListedFile,
  options: FetchBlobOptions,
): Promise<void> {
  const { repo, request, onProgress } = options;
  const { size, hash } = file;
  if (await sizeOf(path) === size) return;
  const partial = `${path}.incomplete`;
  const there = await partSize(partial, size);
  let at = there;
  onProgress(at);
  const refused = async (rule: string) => {
    await rm(partial, { force: true });
    return new HubError(
      `Cannot pull ${repo} as "${file.path}" ${rule}; it was removed, pull again`,
      { repo },
    );
  };
  {
    await using handle = await openPartial(partial);
    if (at < size) {
      const { start, bytes } = await request(at);
      at = start;
      for await (const chunk of bytes) {
        if (at + chunk.length > size) {
          throw await refused(`has ${size} bytes: got more`);
        }
        await writeAt(handle, chunk, at);
        at += chunk.length;
        onProgress(at);
      }
    }
    if (at !== size) {
      throw new PassingError(
        `Cannot pull ${repo} as "${file.path}" has ${size} bytes: got ${at}`,
        { repo },
      );
    }
    await handle.truncate(size);
    await handle.sync();
  }
  const got = await hashOf(partial, file);
  if (got !== undefined && got !== hash.hex) {
    const error = await refused(`must have hash ${hash.hex}: got ${got}`);
    if (there === 0) throw error;
    return await fetchBlob(path, file, options);
  }
  await rename(partial, path).catch(async (cause) => {
    if (await sizeOf(path) !== size) throw cause; // else another run did
  });
}

/** Bytes of a blob that are still to come. */
export async function missingBytes(
  path: string,
  size: number,
): Promise<number> {
  if (await sizeOf(path) === size) return 0;
  return Math.max(0, size - (await sizeOf(`${path}.incomplete`) ?? 0));
}

/** Bytes to go on from; a link or a longer file is not a part of ours. */
async function partSize(partial: string, size: number): Promise<number> {
  const found = await lstat(partial).catch(() => undefined);
  if (found === undefined) return 0;
  if (found.isFile()) {
    return found.size > size ? 0 : found.size;
  }
  await rm(partial, { recursive: true, force: true });
  return 0;
}

/** Opens a file for writing anywhere in it; what is there stays. */
async function openPartial(path: string): Promise<FileHandle> {
  await (await open(path, "a")).close();
  return await open(path, "r+");
}

async function writeAt(
  handle: FileHandle,
  chunk: Uint8Array,
  at: number,
): Promise<void> {
  for (let done = 0; done < chunk.length;) {
    const left = chunk.length - done;
    done += (await handle.write(chunk, done, left, at + done)).bytesWritten;
  }
}

/** Size of a file; undefined if it is not there. */
async function sizeOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? found.size : undefined;
}

/** Hash of what is on disk; undefined if another run has just renamed it. */
async function hashOf(
  path: string,
  { size, hash }: ListedFile,
): Promise<string | undefined> {
  const digest = createHash(hash.kind === "git" ? "sha1" : "sha256");
  if (hash.kind === "git") digest.update(`blob ${size}\0`);
  try {
    for await (const chunk of createReadStream(path)) digest.update(chunk);
  } catch (error) {
    if ((error as { readonly code?: string | undefined }).code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
  return digest.digest("hex");
}
