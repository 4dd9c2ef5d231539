import { openFault } from "./open_ordinary.ts";
import { readOrdinary } from "./read_ordinary.ts";

/** What a text is, for messages, and what it must not exceed. */
export interface TextOptions {
  /**
   * What it is, e.g. `"caption"`.
   *
   * @default {"file"}
   */
  readonly what?: string | undefined;
  /**
   * Most bytes that it may have.
   *
   * @default {64 MiB}
   */
  readonly maxBytes?: number | undefined;
  /**
   * Makes the error that is thrown.
   *
   * @default {one of the class Error}
   */
  readonly fail?:
    | ((message: string, options: ErrorOptions) => Error)
    | undefined;
}

const MAX_BYTES = 64 * 2 ** 20;

/**
 * Text of a file that a user wrote: an ordinary file of bounded size, in UTF-8
 * without NUL. A byte order mark in front is taken off.
 *
 * @param path Path of the file, or of a link to it.
 * @param options See {@linkcode TextOptions}.
 * @returns The text.
 *
 * @throws {Error} If there is no such file, it is not an ordinary one, it is too
 * large, or its bytes are no such text: the first bad one is named.
 *
 * @example Usage
 * ```ts
 * import { readText } from "@edit-transfer/files";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(readText("none.txt", { what: "caption" }), {
 *   message: 'Caption not found: "none.txt"',
 * });
 * ```
 */
export async function readText(
  path: string,
  options: TextOptions = {},
): Promise<string> {
  const { what = "file", maxBytes = MAX_BYTES } = options;
  const fail = failure(options);
  let bytes: Uint8Array;
  try {
    bytes = await readOrdinary(path, maxBytes);
  } catch (cause) {
    const { code } = cause as { readonly code?: string | undefined };
    throw fail(
      code === "ENOENT"
        ? `${what[0]!.toUpperCase()}${what.slice(1)} not found: "${path}"`
        : `Cannot read ${named(path, options)}: ${openFault(cause)}`,
      { cause },
    );
  }
  return decodeText(bytes, path, options);
}

/**
 * Text of bytes that come from a user by another way than a file.
 *
 * @param bytes The bytes.
 * @param name Where they come from, for messages.
 * @param options See {@linkcode TextOptions}.
 * @returns The text, without a byte order mark.
 *
 * @throws {Error} If they are too many, not UTF-8, or hold NUL; the first bad
 * one is named.
 *
 * @example Usage
 * ```ts
 * import { decodeText } from "@edit-transfer/files";
 * import assert from "node:assert/strict";
 *
 * assert.throws(() => decodeText(Uint8Array.of(0x61, 0xe9), "a.txt"), {
 *   message: 'Cannot read "a.txt" as it must be UTF-8: got byte 0xe9 at offset 1',
 * });
 * ```
 */
export function decodeText(
  bytes: Uint8Array,
  name: string,
  options: TextOptions = {},
): string {
  const { maxBytes = MAX_BYTES } = options;
  const refuse = (rule: string, at: number, hint = "") => {
    const byte = bytes[at]!.toString(16).padStart(2, "0");
    return failure(options)(
      `Cannot read ${
        named(name, options)
      } as it must ${rule}: got byte 0x${byte} at offset ${at}${hint}`,
      {},
    );
  };
  if (bytes.length > maxBytes) {
    throw failure(options)(
      `Cannot read ${
        named(name, options)
      }: it must have at most ${maxBytes} bytes, and has more`,
      {},
    );
  }
  const text = new TextDecoder().decode(bytes);
  const bad = text.includes("\ufffd") ? firstBad(bytes) : -1;
  if (bad >= 0) {
    const isWide = bad === 0 && [0xfffe, 0xfeff].includes(
      256 * bytes[0]! + (bytes[1] ?? 0),
    );
    throw refuse("be UTF-8", bad, isWide ? ", as in UTF-16" : "");
  }
  const nul = bytes.indexOf(0);
  if (nul >= 0) throw refuse("be a text without NUL", nul);
  return text;
}

/** First byte of the first sequence that is not UTF-8; -1 if there is none. */
function firstBad(bytes: Uint8Array): number {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  let at = 0;
  for (const char of text) {
    const code = char.codePointAt(0)!;
    const isThere = code !== 0xfffd ||
      bytes[at] === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd;
    if (!isThere) return at;
    at += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return -1;
}

function named(path: string, { what }: TextOptions): string {
  return what === undefined ? `"${path}"` : `${what} "${path}"`;
}

function failure({ fail }: TextOptions): NonNullable<TextOptions["fail"]> {
  return fail ?? ((message, options) => new Error(message, options));
}
