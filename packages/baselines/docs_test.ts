import assert from "node:assert/strict";
import { METHODS } from "./methods.ts";

Deno.test("docs/baselines.md has each option with its default, and no other", async () => {
  const page = await Deno.readTextFile(
    new URL("../../docs/baselines.md", import.meta.url),
  );
  const sections = page.split("\n## ").slice(1);
  for (const { name, options } of METHODS) {
    if (Object.keys(options).length === 0) continue; // a floor
    const section = sections.find((text) =>
      text.split("\n")[0]!.endsWith(`: \`${name}\``)
    );
    const rows = [...section!.matchAll(/^\| `(\w+)` +\| (.*?) +\|/gm)]
      .map(([, key, value]) => [key, value]);
    const expected = Object.entries(options).map(([key, { value }]) => [
      key,
      value === undefined ? "" : value === "" ? "empty" : `\`${value}\``,
    ]);
    assert.deepEqual(rows, expected, name);
  }
});
