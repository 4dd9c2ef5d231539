/** Codes of a connection that is not there or breaks. */
const CODES = /^(ECONN|EHOST|ENET|EPIPE|ETIMEDOUT|EAI_AGAIN|ENOTFOUND)/;

/** PostgreSQL's own: connections (08), stopping and starting (57P0x), too many (53300). */
const STATES = /^(08...|57P0[123]|53300)$/;

/** What the driver says without a code. */
const WORDS =
  /connection terminated|client has encountered a connection error|timeout exceeded when trying to connect|connection timeout|not queryable/i;

/**
 * Whether a failure is that of a server that is gone, which may come back, and
 * not of what it was asked.
 *
 * @param error What was thrown.
 * @returns Whether to wait and try again.
 *
 * @example Usage
 * ```ts
 * import { isServerGone } from "@edit-transfer/queue";
 * import assert from "node:assert/strict";
 *
 * const refused = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
 * assert.equal(isServerGone(refused), true);
 * assert.equal(isServerGone(new Error("relation does not exist")), false);
 * ```
 */
export function isServerGone(error: unknown): boolean {
  if (error instanceof AggregateError && error.errors.some(isServerGone)) {
    return true; // of a host with several addresses
  }
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = "code" in cause ? String(cause.code) : "";
    if (CODES.test(code) || STATES.test(code) || WORDS.test(cause.message)) {
      return true;
    }
  }
  return false;
}
