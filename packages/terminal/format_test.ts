import assert from "node:assert/strict";
import { formatBytes, formatDuration, parseBytes } from "./format.ts";

Deno.test("formatDuration() tells the two largest units", () => {
  const cases: [number, string][] = [
    [0, "0 s"],
    [59.2, "1 min 0 s"],
    [3599, "59 min 59 s"],
    [18_903, "5 h 15 min"],
    [86_400, "1 d 0 h"],
  ];
  for (const [seconds, text] of cases) {
    assert.equal(formatDuration(seconds), text);
  }
});

Deno.test("formatBytes() changes from MB to GB at a hundred million", () => {
  assert.equal(formatBytes(0), "0.0 MB");
  assert.equal(formatBytes(99_900_000), "99.9 MB");
  assert.equal(formatBytes(1e8), "0.10 GB");
});

Deno.test("parseBytes() takes numbers with a unit only", () => {
  assert.equal(parseBytes("12GB"), 12e9);
  assert.equal(parseBytes("11.5 GiB"), 11.5 * 2 ** 30);
  assert.equal(parseBytes("400MB"), 4e8);
  for (const text of ["12", "0GB", "GB", "-1GB", "1 KB", "1e3MB"]) {
    assert.equal(parseBytes(text), undefined);
  }
});
