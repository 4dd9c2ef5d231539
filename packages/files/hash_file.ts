import { createHash } from "node:crypto";
import { openOrdinary } from "./open_ordinary.ts";

/** Bytes of a file that are hashed whole; of larger ones, both ends. */
const WHOLE = 256 * 2 ** 20;
const END = 2 ** 20;

/**
 * SHA-256 of a file. Of more than 256 MiB only the size, the first and the last
 * MiB are hashed, and the hash begins with `ends:`.
 *
 * @param path Path of the file.
 * @returns Hexadecimal digits.
 *
 * @throws {Error} If the file cannot be read.
 *
 * @example Usage
 * ```ts
 * import { hashFile } from "@edit-transfer/files";
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const folder = await mkdtemp(join(tmpdir(), "hash-"));
 * await writeFile(join(folder, "a"), "abc");
 * assert.match(await hashFile(join(folder, "a")), /^ba7816bf/);
 * await rm(folder, { recursive: true });
 * ```
 */
export async function hashFile(path: string): Promise<string> {
  await using file = await openOrdinary(path);
  const { size } = await file.stat();
  const hash = createHash("sha256");
  const update = async (start: number, end: number) => {
    const chunk = new Uint8Array(Math.min(4 * END, Math.max(1, end - start)));
    for (let at = start; at < end;) {
      const length = Math.min(chunk.length, end - at);
      const { bytesRead } = await file.read(chunk, 0, length, at);
      if (bytesRead === 0) break;
      hash.update(chunk.subarray(0, bytesRead));
      at += bytesRead;
    }
  };
  if (size <= WHOLE) {
    await update(0, size);
    return hash.digest("hex");
  }
  hash.update(`${size} `);
  await update(0, END);
  await update(size - END, size);
  return `ends:${hash.digest("hex")}`;
}
