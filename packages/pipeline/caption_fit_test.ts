import { loadPipeline, prepareEdit } from "@edit-transfer/pipeline";
import { blankImage } from "@edit-transfer/image";
import { openDevice } from "@edit-transfer/tensor";
import type { Tokenizer } from "@edit-transfer/text";
import assert from "node:assert/strict";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cutNotices, fitCaption } from "./caption_fit.ts";
import { writeModelSettings } from "./model_settings.ts";

const MICRO = fileURLToPath(new URL("../../models/micro", import.meta.url));

/** A token a word, and one at the end; five of them are read. */
const words: Tokenizer = {
  maxLength: 5,
  encode(text) {
    const tokenCount = text.split(" ").length + 1;
    return { ids: Array(5).fill(0), tokenCount, truncated: tokenCount > 5 };
  },
};

Deno.test("a caption may be cut behind the words of the edit, not before their end", () => {
  const edit = "arms up";
  const after = "a man {edit} in a red hat, {edit}";
  assert.equal(
    fitCaption(words, { template: after, edit }),
    "a man arms up in a red hat, arms up",
  );
  const template = "a man with {edit}";
  assert.throws(() => fitCaption(words, { template, edit }), {
    name: "RangeError",
    message:
      "Cannot edit as T5 must read the words of the edit: got them at the end of 6 tokens where it reads 5; " +
      'give a prompt instead of the words, or a LoRA or model with a shorter template than "a man with {edit}"',
  });
});

Deno.test("cuts of both encoders are told in one form", () => {
  const long = words.encode("a man with arms up");
  const short = words.encode("a man");
  assert.deepEqual(cutNotices([["CLIP", short], ["T5", short]]), []);
  assert.deepEqual(cutNotices([["CLIP", long], ["T5", short]]), [
    "The prompt was cut to the first 5 of its 6 tokens for CLIP",
  ]);
  assert.deepEqual(cutNotices([["CLIP", long], ["T5", long]]), [
    "The prompt was cut to the first 5 of its 6 tokens for CLIP and to the first 5 of its 6 tokens for T5",
  ]);
});

Deno.test("prepareEdit() refuses words that the folder's template hides, a prompt is the user's", async () => {
  const folder = await mkdtemp(join(tmpdir(), "caption-"));
  const device = await openDevice("cpu", { threads: 1 });
  try {
    await cp(MICRO, folder, { recursive: true });
    const template = `${"one more word ".repeat(20)}{edit}`;
    await writeModelSettings(folder, { template });
    await using pipeline = await loadPipeline(folder, { device });
    const image = blankImage(64, 64);
    const inputs = { before: image, after: image, query: image, edit: "x" };
    await assert.rejects(
      prepareEdit(pipeline, inputs),
      /T5 must read the words/,
    );
    const prompt = template.replace("{edit}", "x");
    using prepared = await prepareEdit(pipeline, { ...inputs, prompt });
    assert.match(prepared.notices.at(-1)!, /^The prompt was cut .* for T5$/);
  } finally {
    device[Symbol.dispose]();
    await rm(folder, { recursive: true });
  }
});
