import assert from "node:assert/strict";
import fc from "fast-check";
import {
  CAPTION_TEMPLATES,
  editWords,
  figureCaption,
  gridCaption,
} from "./caption.ts";
import { figureCase } from "./case.ts";

Deno.test("the default caption is the reference's for a subject", () => {
  assert.equal(
    gridCaption("smiling"),
    "This is a four-panel image grid: [TOP-LEFT]: The original source image. " +
      "[TOP-RIGHT]: An edited version of the [TOP-LEFT] image, transformed to depict the " +
      "subject smiling. [BOTTOM-LEFT]: A second original source image. [BOTTOM-RIGHT]: An " +
      "edited version of the [BOTTOM-LEFT] image, applying the same transformation to depict " +
      "the subject smiling, as used in [TOP-RIGHT].",
  );
});

Deno.test("every template takes the words twice", () => {
  for (const template of Object.values(CAPTION_TEMPLATES)) {
    assert.equal(template.split("{edit}").length, 3);
  }
});

Deno.test("words are put in as they are", () => {
  fc.assert(fc.property(fc.string(), (words) => {
    assert.equal(
      gridCaption(words, { template: "a {edit} b" }),
      `a ${words} b`,
    );
  }));
});

Deno.test("a picture's caption has only lower-case words, so that vocabularies stay small", () => {
  for (let index = 0; index < 100; index++) {
    const drawn = figureCase({ split: "test", seed: 1, index, compose: 2 });
    assert.equal(drawn.words, editWords(drawn.edits.map(({ type }) => type)));
    assert.match(
      figureCaption(drawn.target, { words: drawn.words }),
      /^[a-z ,-]+$/,
    );
    assert.match(figureCaption(drawn.query), /^(full body|portrait) of a /);
  }
});
