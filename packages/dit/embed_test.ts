import assert from "node:assert/strict";
import { sinusoid } from "./embed.ts";

Deno.test("sinusoid() puts cosines first and falls in frequency", () => {
  const y = sinusoid(0.002); // 2 radians at the highest frequency
  assert.equal(y.length, 256);
  assert.ok(Math.abs(y[0]! - Math.cos(2)) < 1e-6);
  assert.ok(Math.abs(y[128]! - Math.sin(2)) < 1e-6);
  assert.ok(Math.abs(y[64]! - Math.cos(2 / 100)) < 1e-6);
  assert.ok(Math.abs(y[255]! - Math.sin(2 * 10000 ** (-127 / 128))) < 1e-6);
});
