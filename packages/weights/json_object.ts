import { MAX_JSON_DEPTH, scanJson } from "@edit-transfer/files";
import { FormatError } from "./format_error.ts";

/** Object in JSON text whose keys have to be strings of a file's author. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a parsed value is an object, neither an array nor null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Parses bytes that have to be one JSON object in UTF-8 without repeated keys.
 *
 * @param bytes Text.
 * @param path File, for messages.
 * @param what What the file is, e.g. `"safetensors"`.
 */
export function parseJsonObject(
  bytes: Uint8Array,
  path: string,
  what: string,
): JsonObject {
  const fail = (found: string, cause?: unknown) =>
    new FormatError(`Cannot read ${what} "${path}" as ${found}`, {
      path,
      cause,
    });
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(bytes);
  } catch (cause) {
    throw fail("its JSON must be UTF-8: got other bytes", cause);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw fail(`its JSON must parse: got ${(cause as Error).message}`, cause);
  }
  const { twice, depth } = scanJson(text);
  if (depth > MAX_JSON_DEPTH) {
    throw fail(
      `its JSON must be nested at most ${MAX_JSON_DEPTH} deep: got ${depth}`,
    );
  }
  if (!isJsonObject(value)) {
    throw fail(`its JSON must be an object: got ${quoted(value)}`);
  }
  if (twice !== undefined) {
    throw fail(`its JSON must not repeat a key: got ${quoted(twice)} twice`);
  }
  return value;
}

/** A value for a message, cut to one short line. */
export function quoted(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
