/** Deepest nesting of objects and arrays in a JSON text that is read. */
export const MAX_JSON_DEPTH = 64;

/** What `JSON.parse` does not say about a text. */
export interface JsonScan {
  /** First key that stands twice in one object; `JSON.parse` keeps the last. */
  readonly twice: string | undefined;
  /** Objects and arrays within one another. */
  readonly depth: number;
}

const [QUOTE, COMMA, OPEN, CLOSE, OPEN_LIST, CLOSE_LIST, ESCAPE] = [
  ...'",{}[]\\',
].map((char) => char.charCodeAt(0));

/**
 * Keys that repeat, and depth, of a JSON text.
 *
 * @param json Text that `JSON.parse` takes.
 * @returns See {@linkcode JsonScan}.
 *
 * @example Usage
 * ```ts
 * import { scanJson } from "@edit-transfer/files";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(scanJson('[{"a": 1, "a": 2}]'), { twice: "a", depth: 2 });
 * ```
 */
export function scanJson(json: string): JsonScan {
  const open: (Set<string> | undefined)[] = []; // keys of objects, none of arrays
  let keyNext = false;
  let depth = 0;
  let twice: string | undefined;
  for (let i = 0; i < json.length; i++) {
    switch (json.charCodeAt(i)) {
      case OPEN:
      case OPEN_LIST:
        keyNext = json.charCodeAt(i) === OPEN;
        open.push(keyNext ? new Set() : undefined);
        depth = Math.max(depth, open.length);
        break;
      case CLOSE:
      case CLOSE_LIST:
        open.pop();
        keyNext = false;
        break;
      case COMMA:
        keyNext = open.at(-1) !== undefined;
        break;
      case QUOTE: {
        const end = stringEnd(json, i);
        if (keyNext) {
          const written = json.slice(i + 1, end);
          const key = written.includes("\\")
            ? JSON.parse(`"${written}"`) as string
            : written;
          const keys = open.at(-1)!;
          if (keys.has(key)) twice ??= key;
          keys.add(key);
          keyNext = false;
        }
        i = end;
      }
    }
  }
  return { twice, depth };
}

/** Position of the quote that ends the string literal at `start`. */
function stringEnd(json: string, start: number): number {
  let end = json.indexOf('"', start + 1);
  while (isEscaped(json, end)) end = json.indexOf('"', end + 1);
  return end;
}

/** Whether an odd number of backslashes stands in front. */
function isEscaped(json: string, at: number): boolean {
  let first = at;
  while (json.charCodeAt(first - 1) === ESCAPE) first--;
  return (at - first) % 2 === 1;
}
