import assert from "node:assert/strict";
import { retryAfterMs } from "./retry_after.ts";

Deno.test("retryAfterMs() reads seconds and dates", () => {
  const now = Date.UTC(2026, 0, 1);
  const read = (value: string | null) => retryAfterMs(value, now);
  assert.equal(read(null), 0);
  assert.equal(read("0"), 0);
  assert.equal(read("120"), 120_000);
  assert.equal(read("Thu, 01 Jan 2026 00:01:00 GMT"), 60_000);
  assert.equal(read("Wed, 31 Dec 2025 00:00:00 GMT"), 0);
  for (const odd of ["", "soon", "-5", "1e9", "9".repeat(30)]) {
    assert.equal(read(odd), 0);
  }
});
