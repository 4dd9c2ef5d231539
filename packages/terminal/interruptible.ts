import { readFileSync } from "node:fs";
import process from "node:process";
import { SIGNALS } from "./exit_code.ts";

/** Options of {@linkcode interruptible}. */
export interface InterruptibleOptions {
  /**
   * Called at the first signal, e.g. to say what is finished before the end.
   *
   * @default {nothing}
   */
  readonly onInterrupt?: (() => void) | undefined;
}

/** Why a program that a signal stops ends. */
export class InterruptError extends DOMException {
  /** The signal. */
  readonly signal: "SIGINT" | "SIGTERM" | "SIGHUP";

  /**
   * Makes the error.
   *
   * @param signal The signal.
   */
  constructor(signal: InterruptError["signal"]) {
    super(
      signal === "SIGINT" ? "Interrupted" : `Stopped by ${signal}`,
      "AbortError",
    );
    this.signal = signal;
  }
}

/**
 * Runs a program that Ctrl-C, SIGTERM and SIGHUP stop: the first aborts its
 * signal; the same again, or Ctrl-C, ends the process at once.
 *
 * SIGHUP stays ignored where it was, as under `nohup`.
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
  const listeners = heard().map((name) => {
    const listener = () => {
      const { aborted, reason } = controller.signal;
      if (!aborted) {
        options.onInterrupt?.();
        controller.abort(new InterruptError(name));
      } else if (name === "SIGINT" || name === reason.signal) {
        process.exit(SIGNALS[name]);
      }
    };
    return { name, listener };
  });
  for (const { name, listener } of listeners) process.on(name, listener);
  try {
    return await body(controller.signal);
  } finally {
    for (const { name, listener } of listeners) process.off(name, listener);
  }
}

/** Signals to listen to. */
function heard(): (keyof typeof SIGNALS)[] {
  return isHangupIgnored()
    ? ["SIGINT", "SIGTERM"]
    : ["SIGINT", "SIGTERM", "SIGHUP"];
}

/** Whether SIGHUP was ignored when the process began; told by Linux alone. */
function isHangupIgnored(): boolean {
  const path = "/proc/self/status";
  try {
    const { state } = Deno.permissions.querySync({ name: "read", path });
    if (state !== "granted") return true; // nobody is to be asked
    const status = readFileSync(path, "utf8");
    const [, mask = "1"] = /^SigIgn:\s*[0-9a-f]*([0-9a-f])$/m.exec(status) ??
      [];
    return parseInt(mask, 16) % 2 === 1;
  } catch {
    return true;
  }
}
