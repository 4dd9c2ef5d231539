import { parseForeignJson } from "./json_text.ts";
import { readText, type TextOptions } from "./read_text.ts";

/**
 * Value of a JSON file, see {@linkcode readText} and
 * {@linkcode parseForeignJson}.
 *
 * @param path Path of the file.
 * @param options See {@linkcode TextOptions}.
 * @returns The value, of any shape.
 *
 * @throws {Error} If there is no such file, it is no text, or not JSON.
 *
 * @example Usage
 * ```ts
 * import { readJson } from "@edit-transfer/files";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(readJson("none.json"), {
 *   message: 'File not found: "none.json"',
 * });
 * ```
 */
export async function readJson(
  path: string,
  options: TextOptions = {},
): Promise<unknown> {
  const { fail = (message, cause) => new Error(message, cause) } = options;
  const text = await readText(path, options);
  try {
    return parseForeignJson(text);
  } catch (cause) {
    const { message } = cause as SyntaxError;
    throw fail(`Cannot read "${path}" as ${message}`, { cause });
  }
}
