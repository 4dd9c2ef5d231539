import { MAX_JSON_DEPTH, scanJson } from "./scan_json.ts";

/** A rule that a text breaks: the message is the end of a sentence. */
export class RuleError extends SyntaxError {}

/**
 * Value of a JSON text of ours, where nothing may be meant in two ways.
 *
 * A key stands once in an object; texts are Unicode without NUL, as a record or
 * a tokeniser could not hold others. An integer that a float64 does not hold is
 * a bigint.
 *
 * @param text The text.
 * @returns The value, of any shape.
 *
 * @throws {RuleError} If it is not such JSON; the message is the rule, as the
 * end of a sentence.
 *
 * @example Usage
 * ```ts
 * import { parseJson } from "@edit-transfer/files";
 * import assert from "node:assert/strict";
 *
 * assert.throws(() => parseJson('{"edit": "a", "edit": "b"}'), {
 *   message: 'a key must stand once: got "edit" twice',
 * });
 * ```
 */
export function parseJson(text: string): unknown {
  const value = exactIntegers(text, parseForeignJson(text));
  const { twice } = scanJson(text);
  if (twice !== undefined) {
    throw new RuleError(`a key must stand once: got ${short(twice)} twice`);
  }
  checkTexts(value);
  return value;
}

/**
 * Value of a JSON text that another program wrote: as `JSON.parse`, but for
 * nesting beyond 64.
 *
 * @param text The text.
 * @returns The value, of any shape.
 *
 * @throws {RuleError} If it is not JSON; the message is the rule, as the end of
 * a sentence.
 *
 * @example Usage
 * ```ts
 * import { parseForeignJson } from "@edit-transfer/files";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(parseForeignJson('{"a": 1, "a": 2}'), { a: 2 });
 * assert.throws(() => parseForeignJson("["), /it must be JSON: /);
 * ```
 */
export function parseForeignJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const { message } = cause as Error;
    throw new RuleError(`it must be JSON: got ${message}`, { cause });
  }
  const { depth } = scanJson(text);
  if (depth <= MAX_JSON_DEPTH) return value;
  throw new RuleError(
    `it must be nested at most ${MAX_JSON_DEPTH} deep: got ${depth}`,
  );
}

/** The value, its integers beyond 2⁵³ as bigints. */
function exactIntegers(text: string, value: unknown): unknown {
  if (!/\d{16}/.test(text)) return value;
  const exact = (_: string, one: unknown, place?: { source: string }) =>
    typeof one === "number" && !Number.isSafeInteger(one) &&
      /^-?\d{1,40}$/.test(place?.source ?? "")
      ? BigInt(place!.source)
      : one;
  return JSON.parse(text, exact);
}

/**
 * JSON text of a value that may hold bigints, which are written as numbers.
 *
 * @param value The value.
 * @param indent Spaces of each level; all is on one line without.
 * @returns The text, which {@linkcode parseJson} reads.
 *
 * @example Usage
 * ```ts
 * import { jsonText } from "@edit-transfer/files";
 * import assert from "node:assert/strict";
 *
 * assert.equal(jsonText({ seed: 2n ** 64n - 1n }), '{"seed":18446744073709551615}');
 * ```
 */
export function jsonText(value: unknown, indent?: number): string {
  const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };
  return JSON.stringify(
    value,
    (_, one) => typeof one === "bigint" ? rawJSON(String(one)) : one,
    indent,
  );
}

/** Refuses keys and texts that no file of text could hold, and depth. */
export function checkTexts(value: unknown, depth = 0): void {
  if (typeof value === "string") {
    if (!value.includes("\0") && value.isWellFormed()) return;
    throw new RuleError(
      `its texts must be Unicode without NUL: got ${short(value)}`,
    );
  }
  if (typeof value !== "object" || value === null) return;
  if (depth === MAX_JSON_DEPTH) {
    throw new RuleError(
      `it must be nested at most ${MAX_JSON_DEPTH} deep: got more`,
    );
  }
  for (const [key, one] of Object.entries(value)) {
    checkTexts(key);
    checkTexts(one, depth + 1);
  }
}

function short(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

/** A line of a file with a JSON value a line. */
export interface JsonLine {
  /** Number of the line, from 1. */
  readonly line: number;
  /** What stands there. */
  readonly text: string;
  /** Its value; undefined where it has a fault. */
  readonly value: unknown;
  /** What it has to be, as the end of a sentence. */
  readonly fault: string | undefined;
}

/**
 * Lines of a text that has a JSON value a line, read by {@linkcode parseJson};
 * empty ones are left out.
 *
 * @param text The text.
 * @returns Its lines, each with a value or a fault.
 *
 * @example Usage
 * ```ts
 * import { jsonLines } from "@edit-transfer/files";
 * import assert from "node:assert/strict";
 *
 * const lines = jsonLines('{"a": 1}\n\n[2]\n');
 * assert.deepEqual(lines.map(({ line, value }) => [line, value]), [
 *   [1, { a: 1 }],
 *   [3, [2]],
 * ]);
 * ```
 */
export function jsonLines(text: string): JsonLine[] {
  const lines: JsonLine[] = [];
  for (const [index, written] of text.split("\n").entries()) {
    if (written.trim() === "") continue;
    const place = { line: index + 1, text: written };
    try {
      lines.push({ ...place, value: parseJson(written), fault: undefined });
    } catch (error) {
      const { message } = error as RuleError;
      lines.push({ ...place, value: undefined, fault: message });
    }
  }
  return lines;
}
