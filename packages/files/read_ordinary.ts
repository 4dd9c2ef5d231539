import { KindError, openOrdinary } from "./open_ordinary.ts";

/**
 * Bytes of an ordinary file, see {@linkcode openOrdinary}.
 *
 * @param path Path of the file.
 * @param maxBytes Most bytes that it may have.
 * @returns All of its bytes.
 *
 * @throws {Error} If it cannot be opened or is larger; `openFault` words it.
 *
 * @example Usage
 * ```ts
 * import { readOrdinary } from "@edit-transfer/files";
 * import assert from "node:assert/strict";
 *
 * const bytes = await readOrdinary("LICENSE", 65_536);
 * assert.equal(bytes[0], "M".charCodeAt(0));
 * ```
 */
export async function readOrdinary(
  path: string,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  await using file = await openOrdinary(path);
  const { size } = await file.stat();
  if (size > maxBytes) {
    throw new KindError(
      `it must have at most ${maxBytes} bytes, and has ${size}`,
    );
  }
  const bytes = new Uint8Array(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await file.read(bytes, length, size - length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}
