import assert from "node:assert/strict";
import { withTable } from "./publish.ts";

Deno.test("withTable() replaces what is between the marks, and nothing else", () => {
  const page = "a\n<!-- measured -->\nold\n<!-- /measured -->\nb\n";
  const once = withTable(page, "new\n");
  assert.equal(
    once,
    "a\n<!-- measured -->\n\nnew\n\n<!-- /measured -->\nb\n",
  );
  assert.equal(withTable(once, "new\n"), once);
  assert.throws(() => withTable("a\n", "new\n"), /^Error: Cannot publish/);
});
