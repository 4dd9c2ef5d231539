import assert from "node:assert/strict";
import { checkCaptions } from "./check_captions.ts";

/** Reads the first three words. */
function tokenize(caption: string) {
  const words = caption.split(" ");
  const ids = words.slice(0, 3).join(" ");
  return Promise.resolve({ ids, count: words.length, maxLength: 3 });
}

const model = { tokenize, template: "plain {edit}" };

Deno.test("captions that fit are taken without a word", async () => {
  assert.deepEqual(await checkCaptions(["a b c", "a b d", "a b c"], model), []);
});

Deno.test("captions that are cut are told of", async () => {
  assert.deepEqual(await checkCaptions(["a b c d e", "b", "c"], model), [
    "1 of 3 captions are cut to 3 of up to 5 tokens",
  ]);
});

Deno.test("captions that are equal when cut are refused", async () => {
  const message = (template: string) =>
    `Cannot train as captions must differ in the 3 tokens that the model reads of them: got 3 captions of up to 5 tokens, which it reads as 2; shorten them, or leave them to caption_template: "${template}"`;
  const captions = ["a b c d e", "a b c", "b"];
  await assert.rejects(checkCaptions(captions, model), {
    name: "ConfigError",
    message: message("plain {edit}"),
  });
  await assert.rejects(
    checkCaptions(captions, { tokenize, template: "one two three {edit}" }),
    { message: message("{edit}") },
  );
});
