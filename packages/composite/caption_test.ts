import { fillTemplate, REFERENCE_TEMPLATE } from "@edit-transfer/composite";
import assert from "node:assert/strict";

Deno.test("fillTemplate() fills every place of the reference's template", () => {
  const caption = fillTemplate(REFERENCE_TEMPLATE, "raising arms");
  assert.equal(caption.split("raising arms").length, 3);
  assert.ok(!caption.includes("{edit}"));
});

Deno.test("fillTemplate() takes words that look like a pattern as they are", () => {
  assert.equal(fillTemplate("a {edit} b", "$& $1"), "a $& $1 b");
});

Deno.test("fillTemplate() refuses a template without a place", () => {
  assert.throws(
    () => fillTemplate("a person", "sitting"),
    /^SyntaxError: Cannot fill the caption template as it has no \{edit\}: got "a person"$/,
  );
});
