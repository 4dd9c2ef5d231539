import { fillTemplate, REFERENCE_TEMPLATE } from "@edit-transfer/composite";
import assert from "node:assert/strict";
import fc from "fast-check";
import { captionTemplates } from "./caption_template.ts";

/** Template of one data set whose captions are given as they are. */
function templateOf(...captions: string[]): string {
  const templates = captionTemplates([{
    name: "datasets.0",
    template: undefined,
    captions,
  }]);
  assert.equal(templates.length, 1);
  return templates[0]!;
}

Deno.test("captions that share beginning and end have these as template", () => {
  assert.equal(
    templateOf(
      "two panels: a person jumping, again",
      "two panels: a person wearing a hat, again",
    ),
    "two panels: a person {edit}, again",
  );
  assert.equal(
    templateOf("a photo of a cat", "a photo of a dog"),
    "a photo of a {edit}",
  );
  assert.equal(
    templateOf("cat, edited", "dog, edited", "cat, edited"),
    "{edit}, edited",
  );
});

Deno.test("words that captions repeat have as many places", () => {
  assert.equal(
    templateOf(
      "four panels: plain, jumping, plain, jumping",
      "four panels: plain, wearing a hat, plain, wearing a hat",
      "", // as where it is dropped
    ),
    "four panels: plain, {edit}, plain, {edit}",
  );
});

Deno.test("one caption, or many that are the same, are whole", () => {
  assert.equal(templateOf("a person jumping"), "{edit}");
  assert.equal(templateOf("jumping", "jumping", "jumping"), "{edit}");
  assert.equal(templateOf("", ""), "{edit}");
});

Deno.test("captions that share nothing, or less than they differ in, are whole", () => {
  assert.equal(templateOf("jumping", "a red hat"), "{edit}");
  assert.equal(templateOf("jumping.", "waving."), "{edit}");
  assert.equal(templateOf("walking", "talking"), "{edit}"); // parts of words
  assert.equal(templateOf("a dog runs", "a cat sleeps"), "{edit}");
  assert.equal(templateOf("a cat", "a cat with a hat"), "{edit}");
});

Deno.test("captions of which one has the reference's form have its template", () => {
  assert.equal(
    templateOf(
      fillTemplate(REFERENCE_TEMPLATE, "raising arms"),
      "A grid where the clothing color has been altered to purple.",
    ),
    REFERENCE_TEMPLATE,
  );
});

Deno.test("each data set has its own template, that of most tasks is the first", () => {
  const set = (template: string | undefined, ...edits: string[]) => ({
    name: "datasets.1",
    template,
    captions: edits.map((edit) => fillTemplate(template ?? "{edit}", edit)),
  });
  const plain = "plain, {edit}, plain, {edit}";
  assert.deepEqual(
    captionTemplates([set(plain, "jumping"), set(plain, "waving")]),
    [plain],
  );
  assert.deepEqual(
    captionTemplates([
      set("now {edit}", "jumping"),
      set("now: {edit}", "waving", "jumping"),
    ]),
    ["now: {edit}", "now {edit}"],
  );
  assert.deepEqual(
    captionTemplates([
      set(undefined, "plain, waving, plain, waving"),
      set(plain, "jumping"),
    ]),
    [plain],
  );
  assert.deepEqual(
    captionTemplates([
      set(plain, "jumping", "waving", "a hat"),
      set(undefined, "a photo of a cat"),
      set(undefined, "a photo of a dog"),
    ]),
    [plain, "a photo of a {edit}"],
  );
});

Deno.test("a caption that has not the form of its template is refused", () => {
  const refused = (template: string, caption: string) =>
    assert.throws(
      () =>
        captionTemplates([{
          name: "datasets.0",
          template,
          captions: [caption],
        }]),
      {
        name: "ConfigError",
        message:
          `Cannot use config as all captions of datasets.0 must have the form of its caption_template, "${template}": got "${caption}"`,
      },
    );
  refused("a person {edit}", "jumping");
  refused("{edit}, then {edit}", "jumping, then waving");
});

Deno.test("a template is found again from captions of words that it does not hold", () => {
  const word = fc.stringMatching(/^[a-m]{1,6}$/);
  const edit = fc.stringMatching(/^[n-z]{1,6}$/);
  fc.assert(fc.property(
    fc.array(word, { minLength: 1, maxLength: 4 }),
    fc.array(word, { minLength: 1, maxLength: 4 }),
    fc.uniqueArray(edit, { minLength: 2, maxLength: 5 }),
    fc.boolean(),
    (before, after, edits, twice) => {
      const template = [
        ...before,
        "{edit}",
        ...after,
        ...twice ? ["{edit}"] : [],
      ]
        .join(" ");
      const captions = edits.map((edit) => fillTemplate(template, edit));
      const found = templateOf(...captions);
      assert.equal(found, template);
    },
  ));
});
