import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { configReference } from "./write_config_reference.ts";

/** Cells of all tables, as the formatter pads them. */
function cells(text: string): string[] {
  return text.split("\n").filter((line) =>
    line.startsWith("| `") || line.startsWith("| **")
  )
    .map((line) => line.replaceAll(/\s+/g, " "));
}

Deno.test("docs/config.md has every key of the schema, as it is", async () => {
  const page = await readFile(
    new URL("../docs/config.md", import.meta.url),
    "utf8",
  );
  const rows = cells(configReference());
  assert.ok(rows.length > 80);
  assert.deepEqual(cells(page), rows);
});
