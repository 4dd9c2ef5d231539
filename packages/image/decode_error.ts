import { ImageError } from "./image_error.ts";
import { conversion } from "./image_formats.ts";

/** Refusal of a picture that is sound but of a kind that is not read. */
export function unreadError(
  path: string,
  rule: string,
  format = "",
): ImageError {
  return new ImageError(
    `Cannot decode "${path}" as ${rule}; ${conversion(format)}`,
    { path },
  );
}

/** Refusal of a picture that takes too long. */
export function lateError(path: string, seconds: number): ImageError {
  return new ImageError(
    `Cannot decode "${path}" as that must end within ${seconds} s: it did not`,
    { path },
  );
}

/** Refusal of a picture that takes too much memory. */
export function memoryError(path: string, bytes: number): ImageError {
  return new ImageError(
    `Cannot decode "${path}" as that must take at most ${bytes} bytes: it took more`,
    { path },
  );
}

/** What the decoder's own error says, as one sentence. */
export function decodeError(path: string, cause: unknown): ImageError {
  const line = firstLine((cause as Error).message);
  const isUnknown = /unsupported image format/.test(line);
  if (!isUnknown && /unsupported|not (?:supported|configured)/i.test(line)) {
    return unreadError(path, `it is of a kind that is not read: ${line}`);
  }
  const found = isUnknown
    ? `it must be an image: its format is none of PNG, JPEG, WebP, TIFF, AVIF, GIF and SVG`
    : `it must be a whole, sound image: ${line || "its header is damaged"}`;
  return new ImageError(`Cannot decode "${path}" as ${found}`, { path, cause });
}

/** A line that may quote the file, without control characters. */
function firstLine(message: string): string {
  return message.replace(/^Input buffer has corrupt header: */, "")
    .split("\n")[0]!.replace(/\p{C}/gu, "?").slice(0, 200).trim();
}
