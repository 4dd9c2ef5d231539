import { loadTokenizer } from "@edit-transfer/text";
import fc from "fast-check";
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Token ids of transformers, from tools/goldens/tokenization.py. */
interface Golden {
  readonly folder: string;
  readonly maxLength: number;
  readonly cases: readonly {
    readonly text: string;
    readonly ids: readonly number[];
    readonly count: number;
    readonly truncated: boolean;
  }[];
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const GOLDENS = join(ROOT, "fixtures/goldens/tokenizers");

/** Runs `body` in a new folder of files. */
async function withFolder(
  files: Record<string, string>,
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "tokenizer-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      await writeFile(join(folder, name), text);
    }
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

Deno.test.each(
  [
    { kind: "clip", name: "clip_micro_ids" },
    { kind: "clip", name: "clip_small_ids" },
    { kind: "t5", name: "t5_micro_ids" },
    { kind: "t5", name: "t5_small_ids" },
  ] as const,
)(
  "loadTokenizer() encodes as transformers does: $name",
  async ({ kind, name }) => {
    const golden: Golden = JSON.parse(
      await readFile(join(GOLDENS, `${name}.json`), "utf8"),
    );
    const tokenizer = await loadTokenizer(join(ROOT, golden.folder), { kind });
    assert.equal(tokenizer.maxLength, golden.maxLength);
    for (const { text, ids, count, truncated } of golden.cases) {
      assert.deepEqual(
        tokenizer.encode(text),
        { ids, tokenCount: count, truncated },
        JSON.stringify(text.slice(0, 80)),
      );
    }
  },
);

Deno.test("encode() cuts a text of 10,000 words before its end token", async () => {
  for (const kind of ["clip", "t5"] as const) {
    const folder = kind === "clip" ? "tokenizer" : "tokenizer_2";
    const tokenizer = await loadTokenizer(
      join(ROOT, "models/micro", folder),
      { kind },
    );
    const empty = tokenizer.encode("");
    const end = empty.ids[kind === "clip" ? 1 : 0];
    const long = tokenizer.encode("running ".repeat(10_000));
    assert.equal(long.truncated, true);
    assert.equal(long.ids.length, tokenizer.maxLength);
    assert.equal(long.ids.at(-1), end);
    assert.ok(long.tokenCount > 10_000);
    // No spaces to cut at, and halves of surrogate pairs.
    assert.equal(tokenizer.encode("x".repeat(200_000)).truncated, true);
    assert.equal(tokenizer.encode("\ud800 \udc00").truncated, false);
    assert.throws(
      () => tokenizer.encode("x".repeat(1_000_001)),
      /at most 1000000 characters: got 1000001/,
    );
  }
});

Deno.test("loadTokenizer() names what is wrong with a folder", async () => {
  await assert.rejects(
    loadTokenizer("/nowhere/tokenizer", { kind: "clip" }),
    /as "\/nowhere\/tokenizer" must be a folder/,
  );
  await withFolder({ "vocab.json": "{}" }, async (folder) => {
    await assert.rejects(
      loadTokenizer(folder, { kind: "clip" }),
      /must have vocab.json and merges.txt or tokenizer.json: got vocab.json/,
    );
    await assert.rejects(
      loadTokenizer(folder, { kind: "t5" }),
      /tokenizer.json" as a T5 tokenizer needs it: got no such file/,
    );
  });
  await withFolder(
    { "vocab.json": '{"a":', "merges.txt": "a b" },
    async (folder) => {
      await assert.rejects(
        loadTokenizer(folder, { kind: "clip" }),
        /vocab.json" as it must be JSON/,
      );
    },
  );
  await withFolder(
    { "vocab.json": '{"a":0,"<|endoftext|>":1}', "merges.txt": "" },
    async (folder) => {
      await assert.rejects(
        loadTokenizer(folder, { kind: "clip" }),
        /must have the special tokens: got no "<\|startoftext\|>"/,
      );
    },
  );
});

Deno.test("loadTokenizer() refuses the tokenizer of another family", async () => {
  const micro = join(ROOT, "models/micro/tokenizer_2");
  await assert.rejects(
    loadTokenizer(micro, { kind: "clip" }),
    /its model must be BPE: got Unigram/,
  );
  await withFolder(
    { "tokenizer.json": '{"model":{"type":"BPE","vocab":{},"merges":[]}}' },
    async (folder) => {
      await assert.rejects(
        loadTokenizer(folder, { kind: "t5" }),
        /the model of a T5 tokenizer must be Unigram: got BPE/,
      );
    },
  );
});

Deno.test("encode() gives ids of the vocabulary for any text", async () => {
  for (const [kind, size] of [["clip", 741], ["t5", 300]] as const) {
    const folder = join(GOLDENS, `${kind}_small`);
    const tokenizer = await loadTokenizer(folder, { kind });
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
        const { ids, tokenCount, truncated } = tokenizer.encode(text);
        assert.equal(ids.length, tokenizer.maxLength);
        assert.equal(truncated, tokenCount > tokenizer.maxLength);
        assert.ok(
          ids.every((id) => Number.isInteger(id) && id >= 0 && id < size),
        );
      }),
      { numRuns: 100, seed: 1 },
    );
  }
});
