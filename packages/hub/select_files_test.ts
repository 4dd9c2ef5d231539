import { selectFiles } from "@edit-transfer/hub";
import assert from "node:assert/strict";

const fits = (text: string, pattern: string) =>
  selectFiles([text], [pattern]).length === 1;

Deno.test("selectFiles() takes what a pattern fits whole", () => {
  for (
    const [text, pattern] of [
      ["a/b.json", "*"],
      ["a/b.json", "*.json"],
      ["a/b.json", "a/*"],
      ["a/b.json", "a?b.j*n"],
      ["abab", "*ab"],
      ["aab", "a*ab"],
      ["a", "a**"],
      ["a+b(c)", "a+b(c)"],
      ["a\nb", "a*b"],
      ["", "*"],
    ] as const
  ) assert.ok(fits(text, pattern), `${text} ${pattern}`);
  for (
    const [text, pattern] of [
      ["a/b.json", "b.json"],
      ["a/b.json", "*.jso"],
      ["a", "a?"],
      ["a", ""],
      ["axb", "a.b"],
      ["ab", "a*c"],
      ["a", "A"],
    ] as const
  ) assert.ok(!fits(text, pattern), `${text} ${pattern}`);
});

Deno.test("selectFiles() is quick on names made to be slow", () => {
  const start = performance.now();
  assert.ok(!fits("a".repeat(5000), "*a*a*a*a*a*a*b"));
  assert.ok(performance.now() - start < 1000);
});
