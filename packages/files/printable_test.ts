import { oneLine, printable } from "@edit-transfer/files";
import assert from "node:assert/strict";

Deno.test("printable() leaves text as it is, in any script", () => {
  for (const text of ["a\tb\nc", "Straße, 図, 🙂", "", 'x"\\']) {
    assert.equal(printable(text), text);
  }
});

Deno.test("printable() shows what a terminal would obey", () => {
  assert.equal(printable("\x1b]0;title\x07"), "\\u001b]0;title\\u0007");
  assert.equal(printable("a\rb\x7f\x9b2J"), "a\\u000db\\u007f\\u009b2J");
  assert.equal(printable("png.\u202egpj"), "png.\\u202egpj");
  assert.equal(printable("a\u2028b\u061c"), "a\\u2028b\\u061c");
});

Deno.test("printable() keeps what JSON says", () => {
  const value = { name: "\x1b\x7f\x9b\u202e" };
  assert.deepEqual(JSON.parse(printable(JSON.stringify(value))), value);
});

Deno.test("oneLine() is printable() without line breaks", () => {
  assert.equal(oneLine("a\r\n\r\n b\nc\x1b"), "a b c\\u001b");
});
