import assert from "node:assert/strict";
import { table } from "./table.ts";

Deno.test("table() pads all columns but the last", () => {
  assert.equal(table([]), "");
  assert.equal(
    table([["name", "n"], ["a", "100", "last"], ["b", ""]]),
    "name  n\na     100  last\nb",
  );
  assert.equal(table([["a\nb", "\x1b[2J"]]), "a b  \\u001b[2J");
});
