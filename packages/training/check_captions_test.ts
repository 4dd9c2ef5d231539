import assert from "node:assert/strict";
import { checkCaptions, cutCaptions } from "./check_captions.ts";

/** T5 reads the first three words, CLIP the first four. */
function tokenize(caption: string) {
  const words = caption.split(" ");
  return Promise.resolve({
    ids: [words.slice(0, 4), words.slice(0, 3)].join(" "),
    clip: { count: words.length, maxLength: 4 },
    t5: { count: words.length, maxLength: 3 },
  });
}

const model = { tokenize, template: "plain {edit}" };
const check = (captions: string[], template?: string) =>
  checkCaptions([{ captions, names: namesOf(captions), template }], model);
const namesOf = (captions: string[]) => captions.map((_, i) => `${i}.png`);

Deno.test("captions that fit are taken without a word", async () => {
  const captions = ["a b c", "a b d", "a b c"];
  await check(captions);
  assert.deepEqual(await cutCaptions(captions, model), []);
});

Deno.test("captions that are cut are told of, both encoders in one sentence", async () => {
  assert.deepEqual(await cutCaptions(["a b c d e", "b", "c"], model), [
    "1 of 3 captions are cut: CLIP reads 4 of up to 5 tokens, T5 reads 3 of up to 5 tokens",
  ]);
  assert.deepEqual(await cutCaptions(["b", "a b c d", "a b c d"], model), [
    "1 of 2 captions are cut: T5 reads 3 of up to 4 tokens",
  ]);
});

Deno.test("captions that are equal when cut are refused, with the template that fits", async () => {
  const refused = (captions: string[], rest: string, template: string) =>
    assert.rejects(
      checkCaptions([{ captions, names: namesOf(captions) }], {
        tokenize,
        template,
      }),
      {
        name: "ConfigError",
        message:
          `Cannot train as captions must differ in the 3 tokens that the model reads of them: got ${rest}`,
      },
    );
  const captions = ["a grid now it: jumping", "a grid now it: waving"];
  const got =
    "2 captions of up to 5 tokens, which it reads as 1, equal those of 0.png, 1.png";
  const fitting = (template: string, caption: string) =>
    `${got}; set caption_template: "${template}", into which the words of the edits are put, e.g. "${caption}"`;
  await refused(
    captions,
    fitting("plain {edit}", "plain jumping"),
    "plain {edit}",
  );
  const long = "one two three {edit}";
  await refused(captions, fitting("{edit}", "jumping"), long);
  await refused(
    ["a b c d e f", "a b c d e", "b"],
    '3 captions of up to 6 tokens, which it reads as 2, equal those of 0.png, 1.png; shorten them to the words of the edit, and set caption_template: "plain {edit}"',
    "plain {edit}",
  );
});

Deno.test("captions whose words of the edit are cut off are refused", async () => {
  await check(["a b x c d"], "a b {edit} c d");
  await assert.rejects(check(["a b c x"], "a b c {edit}"), {
    name: "ConfigError",
    message:
      'Cannot train as T5 must read the words of the edit: got "x" at the end of 4 tokens where it reads 3; set caption_template: "plain {edit}", into which the words of the edits are put, e.g. "plain x"',
  });
  await check(["a b c x"], "{edit}"); // whole, as it is given
});
