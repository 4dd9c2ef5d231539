import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import {
  type FileHandle,
  mkdir,
  open,
  rename,
  rm,
  stat,
} from "node:fs/promises";
import { dirname } from "node:path";
import { HubError } from "./hub_error.ts";

/** A file of a repository. */
export interface HubFile {
  /** Path in the repository. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** SHA-256 of the content, or git's SHA-1 of a small file. */
  readonly hash: { readonly kind: "sha256" | "git"; readonly hex: string };
}

/** Thrown when fewer bytes come than the file has. */
export class ShortFileError extends HubError {}

/** Gives the bytes of a file from some byte on. */
export type ByteSource = (start: number) => AsyncIterable<Uint8Array>;

/** Options of {@linkcode fetchBlob}. */
export interface FetchBlobOptions {
  /** Repository, for messages. */
  readonly repo: string;
  /** Where the bytes come from. */
  readonly bytes: ByteSource;
  /** Called with the bytes that are there. */
  readonly onProgress: (received: number) => void;
}

/**
 * Brings a file to `path`, going on where an earlier run ended. It appears
 * under that name only with the right hash; what is there before has
 * `.incomplete` behind it. Two runs may write the same file: both write the
 * same bytes at the same places.
 */
export async function fetchBlob(
  path: string,
  file: HubFile,
  { repo, bytes, onProgress }: FetchBlobOptions,
): Promise<void> {
  if (await sizeOf(path) === file.size) return;
  const partial = `${path}.incomplete`;
  await mkdir(dirname(path), { recursive: true });
  const there = await sizeOf(partial) ?? 0;
  let at = there > file.size ? 0 : there;
  onProgress(at);
  {
    await using handle = await openPartial(partial);
    if (at < file.size) {
      for await (const chunk of bytes(at)) {
        for (let done = 0; done < chunk.length;) {
          const left = chunk.length - done;
          const { bytesWritten } = await handle.write(chunk, done, left, at);
          done += bytesWritten;
          at += bytesWritten;
        }
        onProgress(at);
      }
    }
    if (at !== file.size) {
      throw new ShortFileError(
        `Cannot pull ${repo} as "${file.path}" has ${file.size} bytes: got ${at}`,
        { repo },
      );
    }
    await handle.truncate(file.size);
    await handle.sync();
  }
  const got = await hashOf(partial, file);
  if (got !== undefined && got !== file.hash.hex) {
    await rm(partial, { force: true });
    throw new HubError(
      `Cannot pull ${repo} as "${file.path}" must have hash ${file.hash.hex}: ` +
        `got ${got}; it was removed, pull again`,
      { repo },
    );
  }
  await rename(partial, path).catch(async (cause) => {
    if (await sizeOf(path) !== file.size) throw cause; // else another run did
  });
}

/** Opens a file for writing anywhere in it; what is there stays. */
async function openPartial(path: string): Promise<FileHandle> {
  await (await open(path, "a")).close();
  return await open(path, "r+");
}

/** Size of a file; undefined if it is not there. */
async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size;
}

/** Hash of what is on disk; undefined if another run has just renamed it. */
async function hashOf(
  path: string,
  { size, hash }: HubFile,
): Promise<string | undefined> {
  const digest = createHash(hash.kind === "git" ? "sha1" : "sha256");
  if (hash.kind === "git") digest.update(`blob ${size}\0`);
  try {
    for await (const chunk of createReadStream(path)) digest.update(chunk);
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return undefined;
    throw error;
  }
  return digest.digest("hex");
}
