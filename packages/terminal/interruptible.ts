import process from "node:process";
import { EXIT_CODES } from "./exit_code.ts";

/** Options of {@linkcode interruptible}. */
export interface InterruptibleOptions {
  /**
   * Called at the first Ctrl-C, e.g. to say what is finished before the end.
   *
   * @default {nothing}
   */
  readonly onInterrupt?: (() => void) | undefined;
}

/**
 * Runs a program that Ctrl-C stops: the first one aborts its signal, the second
 * one ends the process at once with 130.
 *
 * @param body The program; it throws the signal's reason when it stops.
 * @param options See {@linkcode InterruptibleOptions}.
 * @returns What the program gives.
 *
 * @example Usage
 * ```ts
 * import { interruptible } from "@edit-transfer/terminal";
 * import assert from "node:assert/strict";
 *
 * assert.equal(await interruptible((signal) => Promise.resolve(signal.aborted)), false);
 * ```
 */
export async function interruptible<Result>(
  body: (signal: AbortSignal) => Promise<Result>,
  options: InterruptibleOptions = {},
): Promise<Result> {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(EXIT_CODES.interrupted);
    options.onInterrupt?.();
    controller.abort(new DOMException("Interrupted", "AbortError"));
  };
  process.on("SIGINT", interrupt);
  try {
    return await body(controller.signal);
  } finally {
    process.off("SIGINT", interrupt);
  }
}
