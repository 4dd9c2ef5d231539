/**
 * Characters that a terminal obeys or that hide others: controls besides line
 * feed and tab, line separators, and marks that turn the direction of text.
 */
const OBEYED = // deno-lint-ignore no-control-regex
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * Text whose control characters are visible and harmless, as in JSON:
 * an escape becomes `\u001b`. Line feeds and tabs stay.
 *
 * @param text Text of any origin: a file's name, metadata, a server's answer.
 * @returns The text, which a terminal only shows.
 *
 * @example Usage
 * ```ts
 * import { printable } from "@edit-transfer/files";
 * import assert from "node:assert/strict";
 *
 * assert.equal(printable("a\x1b[2Jb"), "a\\u001b[2Jb");
 * ```
 */
export function printable(text: string): string {
  return text.replace(
    OBEYED,
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * {@linkcode printable} text on one line.
 *
 * @param text Text of any origin.
 * @returns The text, its line breaks as spaces.
 *
 * @example Usage
 * ```ts
 * import { oneLine } from "@edit-transfer/files";
 * import assert from "node:assert/strict";
 *
 * assert.equal(oneLine("a\n  b\r"), "a b ");
 * ```
 */
export function oneLine(text: string): string {
  return printable(text.replace(/\s*[\r\n]\s*/g, " "));
}
