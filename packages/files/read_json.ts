import { readFile } from "node:fs/promises";

/**
 * Value of a JSON file.
 *
 * @param path Path of the file.
 * @returns The value, of any shape.
 *
 * @throws {Error} If there is no such file or it cannot be read.
 * @throws {SyntaxError} If it is not JSON.
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
export async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new Error(
      code === "ENOENT"
        ? `File not found: "${path}"`
        : `Cannot read "${path}": ${message}`,
      { cause },
    );
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new SyntaxError(
      `Cannot read "${path}" as it must be JSON: got ${
        (cause as Error).message
      }`,
      { cause },
    );
  }
}
