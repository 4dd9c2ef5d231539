import { RuleError } from "@edit-transfer/files";
import { z } from "zod";

/** Letters of a reply that a message quotes. */
const QUOTED = 60;
/** Places in a reply where an object may begin. */
const PLACES = 20;
/** Letters of a reply that is read. */
const MOST_LETTERS = 100_000;
const THOUGHT = "</think>"; // ends what some models think aloud

/**
 * The one JSON object in a reply that fits a schema, with or without prose, a
 * fence or thoughts around it.
 *
 * @throws {RuleError} If there is none, or two that differ.
 */
export function readReply<Schema extends z.ZodType>(
  reply: string,
  schema: Schema,
): z.output<Schema> {
  const words = withoutThoughts(reply);
  if (words.length > MOST_LETTERS) {
    throw new RuleError(
      `it must have at most ${MOST_LETTERS} letters: got ${words.length}`,
    );
  }
  const found = new Map<string, z.output<Schema>>();
  let rule: string | undefined;
  for (const value of objectsIn(words)) {
    const { success, data, error } = schema.safeParse(value);
    if (success) found.set(JSON.stringify(data), data);
    else rule = ruleOf(error);
  }
  const [first, second] = found.values();
  if (first !== undefined && second === undefined) return first;
  throw new RuleError(
    second !== undefined
      ? "it must hold one JSON object with scores: got several that differ"
      : rule ?? `it must hold JSON: got ${quoted(words)}`,
  );
}

/** A reply that is prose, at least one word of it. */
export function readProse(reply: string): string {
  const words = withoutThoughts(reply).trim();
  if (words !== "") return words;
  throw new RuleError("it must have words: got none");
}

/** Scores from one number to another. */
export function score(least: number, most: number): z.ZodNumber {
  const rule = `scores must be numbers from ${least} to ${most}`;
  return z.number(rule).min(least, rule).max(most, rule);
}

function ruleOf({ issues }: z.ZodError): string {
  const { message, path } = issues[0]!;
  return path.length === 0
    ? message
    : `${message}: got others at "${path.join(".")}"`;
}

function withoutThoughts(reply: string): string {
  const end = reply.lastIndexOf(THOUGHT);
  return end < 0 ? reply : reply.slice(end + THOUGHT.length);
}

/** Objects of JSON in a text, those within others left out. */
function* objectsIn(words: string): Generator<unknown> {
  let at = 0;
  for (let place = 0; place < PLACES; place++) {
    at = words.indexOf("{", at);
    if (at < 0) return;
    const end = endOfObject(words, at);
    const value = parsed(words.slice(at, end));
    if (value !== undefined) yield value;
    at = value === undefined ? at + 1 : end;
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Where the bracket that opens at a place is closed. */
function endOfObject(words: string, start: number): number {
  const marks = /["{}]/g;
  marks.lastIndex = start;
  let depth = 0;
  for (let mark; (mark = marks.exec(words));) {
    if (mark[0] === '"') {
      const text = /"(?:[^"\\]|\\.)*"/y;
      text.lastIndex = mark.index;
      if (text.test(words)) marks.lastIndex = text.lastIndex;
    } else {
      depth += mark[0] === "{" ? 1 : -1;
      if (depth === 0) return marks.lastIndex;
    }
  }
  return words.length;
}

/** The beginning of a text, in quotation marks. */
export function quoted(words: string): string {
  const line = words.trim().replace(/\s+/g, " ");
  return JSON.stringify(
    line.length > QUOTED ? `${line.slice(0, QUOTED)}…` : line,
  );
}
