import { crc32 } from "node:zlib";
import { ImageError } from "./image_error.ts";

/** One chunk of a PNG file. */
export interface PngChunk {
  /** Four letters, e.g. `"tEXt"`. */
  readonly type: string;
  /** Content, without length and checksum. */
  readonly data: Uint8Array;
}

/** The eight bytes that every PNG file starts with. */
export const PNG_SIGNATURE: Uint8Array = Uint8Array.of(
  0x89,
  0x50,
  0x4e,
  0x47,
  0x0d,
  0x0a,
  0x1a,
  0x0a,
);

/**
 * Splits a PNG file, checking lengths, that IHDR opens and IEND closes it, and
 * checksums unless told otherwise.
 *
 * Source: https://www.w3.org/TR/png-3/#5Chunk-layout
 */
export function* pngChunks(
  bytes: Uint8Array,
  { path, checksums = true }: {
    path: string;
    readonly checksums?: boolean | undefined;
  },
): Generator<PngChunk> {
  const fail = (rule: string) =>
    new ImageError(`Cannot read PNG "${path}" as ${rule}`, { path });
  if (!isPng(bytes)) {
    throw fail("it must start with the PNG signature: it is another format");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = PNG_SIGNATURE.length;
  for (let type = ""; type !== "IEND";) {
    if (at + 12 > bytes.length) {
      throw fail(`it must end with IEND: it stops at byte ${bytes.length}`);
    }
    const length = view.getUint32(at);
    const end = at + 12 + length;
    type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (!/^[A-Za-z]{4}$/.test(type)) {
      throw fail(
        `chunk types must be four letters: got others at byte ${at + 4}`,
      );
    }
    if (end > bytes.length) {
      throw fail(
        `chunk ${type} at byte ${at} must end by ${bytes.length}: it says ${end}`,
      );
    }
    if (at === PNG_SIGNATURE.length && type !== "IHDR") {
      throw fail(`its first chunk must be IHDR: got ${type}`);
    }
    const stored = view.getUint32(end - 4);
    const checksum = checksums
      ? crc32(bytes.subarray(at + 4, end - 4))
      : stored;
    if (stored !== checksum) {
      throw fail(
        `the checksum of chunk ${type} at byte ${at} must be ${
          hex(checksum)
        }: ` +
          `got ${hex(stored)}`,
      );
    }
    yield { type, data: bytes.subarray(at + 8, end - 4) };
    at = end;
  }
}

/** Whether a file starts as PNG files do. */
export function isPng(bytes: Uint8Array): boolean {
  return PNG_SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/** Bytes of one chunk: length, type, content, checksum. */
export function pngChunk({ type, data }: PngChunk): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

function hex(checksum: number): string {
  return checksum.toString(16).padStart(8, "0");
}
