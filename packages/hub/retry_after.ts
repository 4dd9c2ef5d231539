/**
 * Time that a server asks to be left alone.
 *
 * @param value The header `Retry-After`: seconds, or a date; null without it.
 * @param now Milliseconds since 1970.
 * @returns Milliseconds; 0 where it asks for none, or is not to be understood.
 *
 * @example Usage
 * ```ts
 * import { retryAfterMs } from "@edit-transfer/hub/retry_after";
 * import assert from "node:assert/strict";
 *
 * assert.equal(retryAfterMs("120"), 120_000);
 * ```
 */
export function retryAfterMs(
  value: string | null,
  now: number = Date.now(),
): number {
  if (value === null) return 0;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  return Math.max(0, Date.parse(value) - now) || 0;
}
