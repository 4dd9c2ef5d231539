import { fillTemplate, REFERENCE_TEMPLATE } from "@edit-transfer/composite";
import assert from "node:assert/strict";
import { fillCaptions, referenceWords } from "./fill_captions.ts";

const grid = (told: string) =>
  `[TOP-LEFT]: The original source image. [TOP-RIGHT]: An edited version of the [TOP-LEFT] image, ${told}. [BOTTOM-LEFT]: A second original source image. [BOTTOM-RIGHT]: An edited version of it.`;
const SHORT = "plain, {edit}, plain, {edit}";

Deno.test("referenceWords() finds the words in captions of the reference's data", () => {
  assert.equal(
    referenceWords(fillTemplate(REFERENCE_TEMPLATE, "raising arms")),
    "raising arms",
  );
  const words = {
    "transformed to depict a lowered head motion": "lowered head",
    "transformed to depict the subject wearing glasses": "wearing glasses",
    "where the subject is depicted wearing a hat": "wearing a hat",
    "where the subject is transformed into a sitting position":
      "sitting position",
    "where the clothing color has been altered to purple":
      "clothing color purple",
  };
  for (const [told, edit] of Object.entries(words)) {
    assert.equal(referenceWords(grid(told)), edit);
  }
  assert.equal(referenceWords("a person jumping"), undefined);
});

Deno.test("words of captions are put into another template", () => {
  const fill = (...captions: string[]) => fillCaptions(captions, SHORT);
  assert.deepEqual(fill(grid("transformed to depict a running motion")), [
    "plain, running, plain, running",
  ]);
  assert.deepEqual(fill("a photo of it jumping", "a photo of it waving", ""), [
    "plain, jumping, plain, jumping",
    "plain, waving, plain, waving",
    "",
  ]);
  assert.deepEqual(fill("jumping", "red hat"), [
    "plain, jumping, plain, jumping",
    "plain, red hat, plain, red hat",
  ]);
});

Deno.test("captions of which one has the template's form stay as they are", () => {
  const captions = ["plain, waving, plain, waving", "jumping"];
  assert.equal(fillCaptions(captions, SHORT), captions); // the other is refused
  assert.equal(fillCaptions(captions, "{edit}"), captions);
});

Deno.test("{edit} alone takes the words of the reference's captions", () => {
  const captions = [grid("transformed to depict the subject shouting")];
  assert.deepEqual(fillCaptions(captions, "{edit}"), ["shouting"]);
});
