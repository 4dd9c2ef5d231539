/** Thrown when the arguments of a program do not make sense: exit code 2. */
export class UsageError extends Error {
  /** `"UsageError"`, or the name of a more specific class. */
  override readonly name: string = "UsageError";
}

/**
 * A value that a command cannot do without. A parser's own check would come
 * before that of unknown flags, and hide a misspelt one.
 *
 * @param value The value, if it was given.
 * @param task What cannot be done without it, e.g. `"draw figures"`.
 * @param flag How it is given, e.g. `"-o DIR"`.
 * @returns The value.
 *
 * @throws {UsageError} If it is undefined.
 *
 * @example Usage
 * ```ts
 * import { required } from "@edit-transfer/terminal";
 * import assert from "node:assert/strict";
 *
 * assert.equal(required("a", "draw figures", "-o DIR"), "a");
 * assert.throws(() => required(undefined, "draw figures", "-o DIR"), {
 *   message: "Cannot draw figures as -o DIR is required: got none",
 * });
 * ```
 */
export function required<Value>(
  value: Value | undefined,
  task: string,
  flag: string,
): Value {
  if (value !== undefined) return value;
  throw new UsageError(`Cannot ${task} as ${flag} is required: got none`);
}
