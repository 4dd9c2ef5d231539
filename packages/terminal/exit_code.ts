import { oneLine, printable } from "@edit-transfer/files/printable";

/** Codes that programs end with. */
export const EXIT_CODES = {
  /** All was done. */
  success: 0,
  /** Any other failure. */
  failure: 1,
  /** Arguments or a config that make no sense. */
  usage: 2,
  /** A device that is missing, lost, or refuses work. */
  device: 3,
  /** Memory that ran out, or would. */
  outOfMemory: 4,
  /** The terminal is gone: SIGHUP. */
  hungUp: 129,
  /** Ctrl-C: SIGINT. */
  interrupted: 130,
  /** Told to end: SIGTERM. */
  terminated: 143,
} as const;

/** Signals that end a program at the next step, and their codes. */
export const SIGNALS = {
  SIGINT: EXIT_CODES.interrupted,
  SIGTERM: EXIT_CODES.terminated,
  SIGHUP: EXIT_CODES.hungUp,
} as const;

/** Codes by the names of errors, as importing their classes would load models. */
const CODES: Readonly<Record<string, number>> = {
  UsageError: EXIT_CODES.usage,
  ConfigError: EXIT_CODES.usage,
  DeviceError: EXIT_CODES.device,
  OutOfMemoryError: EXIT_CODES.outOfMemory,
  MemoryPlanError: EXIT_CODES.outOfMemory,
  AbortError: EXIT_CODES.interrupted,
};

/**
 * Exit code that a failure ends a program with: that of the error, or of the
 * first of its causes that has one.
 *
 * @param error What was thrown.
 * @returns One of {@linkcode EXIT_CODES}.
 *
 * @example Usage
 * ```ts
 * import { exitCodeOf } from "@edit-transfer/terminal";
 * import assert from "node:assert/strict";
 *
 * assert.equal(exitCodeOf(new Error("Any")), 1);
 * assert.equal(exitCodeOf(new DOMException("Interrupted", "AbortError")), 130);
 * ```
 */
export function exitCodeOf(error: unknown): number {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (isParserError(cause)) {
      return cause.exitCode === 0 ? EXIT_CODES.success : EXIT_CODES.usage;
    }
    if ("signal" in cause && String(cause.signal) in SIGNALS) {
      return SIGNALS[cause.signal as keyof typeof SIGNALS];
    }
    const code = CODES[cause.name];
    if (code !== undefined) return code;
    if (
      cause instanceof RangeError && /allocation failed/i.test(cause.message)
    ) {
      return EXIT_CODES.outOfMemory;
    }
  }
  return EXIT_CODES.failure;
}

/**
 * What to tell a user about a failure: one {@linkcode printable} line, and the
 * error's table if it has one.
 *
 * @param error What was thrown.
 * @param options Whether to show the stack instead.
 * @returns The text; undefined where it was no failure, as help was printed.
 *
 * @example Usage
 * ```ts
 * import { explain } from "@edit-transfer/terminal";
 * import assert from "node:assert/strict";
 *
 * assert.equal(explain(new Error("Cannot go on")), "error: Cannot go on");
 * ```
 */
export function explain(
  error: unknown,
  options: { readonly stack?: boolean | undefined } = {},
): string | undefined {
  if (!(error instanceof Error)) return `error: ${oneLine(String(error))}`;
  if (isParserError(error)) {
    return error.exitCode === 0 ? undefined : oneLine(error.message);
  }
  if (options.stack === true && error.stack !== undefined) {
    return printable(`error: ${error.stack}`);
  }
  const line = `error: ${oneLine(error.message)}`;
  const table = tableOf(error);
  return table === "" ? line : `${line}\n\n${printable(table)}`;
}

/** An error of commander, which has a code of its own where it printed help. */
function isParserError(
  error: Error,
): error is Error & { readonly exitCode: number } {
  return "exitCode" in error && "code" in error &&
    /^commander\./.test(String(error.code));
}

/** What of a LoRA did not fit, if that is what failed. */
function tableOf(error: Error): string {
  return "table" in error && typeof error.table === "function"
    ? String(error.table())
    : "";
}
