import { createHash } from "node:crypto";

/**
 * SHA-256 of a text in UTF-8.
 *
 * @param text Any text, such as JSON.
 * @returns 64 hexadecimal digits.
 *
 * @example Usage
 * ```ts
 * import { hashText } from "@edit-transfer/files";
 * import assert from "node:assert/strict";
 *
 * assert.match(hashText("abc"), /^ba7816bf/);
 * ```
 */
export function hashText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
