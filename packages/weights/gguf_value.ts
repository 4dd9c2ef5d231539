import {
  type ByteCursor,
  FORMAT_BYTES,
  type NumberFormat,
} from "./byte_cursor.ts";
import { FormatError } from "./format_error.ts";
import { quoted } from "./json_object.ts";

/** Formats of numbers, by `enum gguf_type`. */
const FORMATS: Readonly<Record<number, NumberFormat>> = {
  0: "Uint8",
  1: "Int8",
  2: "Uint16",
  3: "Int16",
  4: "Uint32",
  5: "Int32",
  6: "Float32",
  7: "Uint8", // bool
  10: "BigUint64",
  11: "BigInt64",
  12: "Float64",
};
const BOOL = 7;
const STRING = 8;
const ARRAY = 9;
const MAX_DEPTH = 4;
/** Longest text that is kept; more is of no use to a loader. */
const MAX_TEXT = 65_536;

/** A string: its length in bytes, then UTF-8. */
export function readGgufString(
  cursor: ByteCursor,
  { path, fileSize }: { path: string; fileSize: number },
): string {
  const length = cursor.u64();
  if (length > fileSize) {
    throw new FormatError(
      `Cannot read GGUF "${path}" as a string must fit its ${fileSize} bytes: got one of ${length}`,
      { path },
    );
  }
  const bytes = cursor.bytes(Number(length));
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(bytes);
  } catch (cause) {
    throw new FormatError(
      `Cannot read GGUF "${path}" as its strings must be UTF-8: got other bytes`,
      { path, cause },
    );
  }
}

/** A value of the metadata as text; undefined for an array, which is passed over. */
export function readGgufValue(
  cursor: ByteCursor,
  options: { path: string; fileSize: number; key: string },
): string | undefined {
  return readTyped(cursor, cursor.u32(), options, 0);
}

function readTyped(
  cursor: ByteCursor,
  type: number,
  options: { path: string; fileSize: number; key: string },
  depth: number,
): string | undefined {
  const { path, fileSize, key } = options;
  const format = FORMATS[type];
  if (format !== undefined) {
    const number = cursor.number(format);
    return type === BOOL ? String(number !== 0) : String(number);
  }
  if (type === STRING) {
    return readGgufString(cursor, options).slice(0, MAX_TEXT);
  }
  const fail = (rule: string) =>
    new FormatError(
      `Cannot read metadata ${quoted(key)} of "${path}" as ${rule}`,
      { path },
    );
  if (type !== ARRAY) throw fail(`its type must be 0 to 12: got ${type}`);
  if (depth === MAX_DEPTH) {
    throw fail(`arrays are nested at most ${MAX_DEPTH} deep: got more`);
  }
  const element = cursor.u32();
  const length = cursor.u64();
  const elementBytes = FORMATS[element] === undefined
    ? 8
    : FORMAT_BYTES[FORMATS[element]];
  if (length * BigInt(elementBytes) > fileSize) {
    throw fail(
      `an array must fit the file's ${fileSize} bytes: got ${length} elements`,
    );
  }
  if (FORMATS[element] !== undefined) {
    cursor.bytes(Number(length) * elementBytes);
    return undefined;
  }
  for (let i = 0; i < Number(length); i++) {
    if (element === STRING) cursor.bytes(stringLength(cursor, fileSize, fail));
    else readTyped(cursor, element, options, depth + 1);
  }
  return undefined;
}

function stringLength(
  cursor: ByteCursor,
  fileSize: number,
  fail: (rule: string) => FormatError,
): number {
  const length = cursor.u64();
  if (length <= fileSize) return Number(length);
  throw fail(`a string must fit the file's ${fileSize} bytes: got ${length}`);
}
