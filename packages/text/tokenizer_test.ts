import { loadTokenizer } from "@edit-transfer/text";
import fc from "fast-check";
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
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
    /tokenizer_config.json" as tokenizer_class must be CLIPTokenizer or CLIPTokenizerFast: got "T5TokenizerFast"$/,
  );
  await withFolder(
    { "tokenizer.json": await readFile(join(micro, "tokenizer.json"), "utf8") },
    async (folder) => {
      await assert.rejects(
        loadTokenizer(folder, { kind: "clip" }),
        /its model must be BPE: got Unigram/,
      );
    },
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

/** A tokenizer.json of the goldens, with some of its keys changed. */
async function changed(
  name: "t5_small" | "clip_small",
  change: Record<string, unknown>,
): Promise<string> {
  const path = join(GOLDENS, name, "tokenizer.json");
  const json = JSON.parse(await readFile(path, "utf8"));
  return JSON.stringify({ ...json, ...change });
}

Deno.test("a T5 tokenizer.json is read as it is written, whatever its steps", async (t) => {
  const { cases } = JSON.parse(
    await readFile(join(GOLDENS, "t5_steps.json"), "utf8"),
  );
  const small = await readFile(
    join(GOLDENS, "t5_small/tokenizer.json"),
    "utf8",
  );
  const map = JSON.stringify(JSON.parse(small).normalizer);
  for (const { name, normalizer, pre_tokenizer, ids } of cases) {
    await t.step(name, async () => {
      const own = JSON.parse(
        JSON.stringify(normalizer).replace('"MAP"', () => map),
      );
      const json = await changed("t5_small", {
        normalizer: own,
        pre_tokenizer,
      });
      await withFolder({ "tokenizer.json": json }, async (folder) => {
        const tokenizer = await loadTokenizer(folder, { kind: "t5" });
        for (const [text, expected] of ids) {
          const { ids, tokenCount } = tokenizer.encode(text);
          assert.deepEqual(
            ids.slice(0, tokenCount),
            expected,
            JSON.stringify(text),
          );
        }
      });
    });
  }
});

const METASPACE = {
  type: "Metaspace",
  replacement: "▁",
  prepend_scheme: "always",
  split: true,
};
const T5_FAULTS: [string, Record<string, unknown>, string][] = [
  [
    "another step",
    { normalizer: { type: "StripAccents" } },
    'its normalizer must be of steps that are known: got {"type":"StripAccents"}',
  ],
  [
    "another step in a sequence",
    {
      normalizer: {
        type: "Sequence",
        normalizers: [{ type: "NFC" }, { type: "Prepend", prepend: "x" }],
      },
    },
    'its normalizer must be of steps that are known: got {"type":"Prepend","prepend":"x"}',
  ],
  [
    "another expression",
    {
      normalizer: { type: "Replace", pattern: { Regex: "[a-z]" }, content: "" },
    },
    'its normalizer must be of steps that are known: got {"type":"Replace","pattern":{"Regex":"[a-z]"},"content":""}',
  ],
  ["a broken map", {
    normalizer: { type: "Precompiled", precompiled_charsmap: "AAAA" },
  }, "its normalizer must be of steps that are known: got "],
  [
    "no pre-tokenizer",
    { pre_tokenizer: null },
    "its pre_tokenizer must be T5's, Metaspace with or without WhitespaceSplit: got null",
  ],
  [
    "another pre-tokenizer",
    { pre_tokenizer: { type: "Whitespace" } },
    `its pre_tokenizer must be T5's, Metaspace with or without WhitespaceSplit: got {"type":"Whitespace"}`,
  ],
  [
    "no ▁ in front",
    {
      pre_tokenizer: { ...METASPACE, prepend_scheme: "never" },
    },
    "its pre_tokenizer must be T5's, Metaspace with or without WhitespaceSplit: got ",
  ],
  ["a ▁ in front of the first word", {
    pre_tokenizer: { ...METASPACE, prepend_scheme: "first" },
  }, "its pre_tokenizer must be T5's, "],
  ["words that are not cut", {
    pre_tokenizer: { ...METASPACE, split: false },
  }, "its pre_tokenizer must be T5's, "],
  [
    "no end",
    { post_processor: null },
    'its post_processor must put "</s>" behind a text: got null',
  ],
  ["a beginning", {
    post_processor: {
      type: "TemplateProcessing",
      single: [
        { SpecialToken: { id: "</s>", type_id: 0 } },
        { Sequence: { id: "A", type_id: 0 } },
      ],
    },
  }, 'its post_processor must put "</s>" behind a text: got '],
  ["a token looked for in normalized text", {
    added_tokens: [{ id: 3, content: "FOO", normalized: true }],
  }, 'each added token must have normalized false: got "FOO"'],
];

for (const [fault, change, message] of T5_FAULTS) {
  Deno.test(`a T5 tokenizer.json with ${fault} is refused`, async () => {
    const json = await changed("t5_small", change);
    await withFolder({ "tokenizer.json": json }, async (folder) => {
      const path = join(folder, "tokenizer.json");
      await assert.rejects(
        loadTokenizer(folder, { kind: "t5" }),
        (error: Error) => {
          assert.equal(error.name, "FormatError");
          const start = `Cannot read "${path}" as ${message}`;
          assert.equal(error.message.slice(0, start.length), start);
          return true;
        },
      );
    });
  });
}

Deno.test("a CLIP tokenizer.json with other steps than CLIP's is refused", async () => {
  for (
    const [key, value] of [
      ["normalizer", { type: "NFC" }],
      ["normalizer", null],
      ["pre_tokenizer", { type: "ByteLevel", add_prefix_space: false }],
    ] as const
  ) {
    const json = await changed("clip_small", { [key]: value });
    await withFolder({ "tokenizer.json": json }, async (folder) => {
      await assert.rejects(loadTokenizer(folder, { kind: "clip" }), {
        name: "FormatError",
        message: `Cannot read "${
          join(folder, "tokenizer.json")
        }" as its ${key} must be CLIP's: got ${JSON.stringify(value)}`,
      });
    });
  }
});

const CONFIG_FAULTS: [Record<string, unknown>, string][] = [
  [{ padding_side: "left" }, 'padding_side must be right: got "left"'],
  [{ truncation_side: "left" }, 'truncation_side must be right: got "left"'],
  [{ do_lower_case: false }, "do_lower_case must be true: got false"],
  [
    { split_special_tokens: true },
    "split_special_tokens must be false: got true",
  ],
  [
    { tokenizer_class: "LlamaTokenizer" },
    'tokenizer_class must be T5Tokenizer or T5TokenizerFast: got "LlamaTokenizer"',
  ],
];

for (const [config, message] of CONFIG_FAULTS) {
  Deno.test(`a tokenizer_config.json with ${JSON.stringify(config)} is refused`, async () => {
    await withFolder({
      "tokenizer.json": await changed("t5_small", {}),
      "tokenizer_config.json": JSON.stringify(config),
    }, async (folder) => {
      const path = join(folder, "tokenizer_config.json");
      await assert.rejects(loadTokenizer(folder, { kind: "t5" }), {
        name: "FormatError",
        message: `Cannot read "${path}" as ${message}`,
      });
    });
  });
}

Deno.test("tokens that a config adds are never split", async () => {
  const token = { content: "sks", special: false, normalized: false };
  for (const kind of ["clip", "t5"] as const) {
    const from = join(
      ROOT,
      "models/micro",
      kind === "clip" ? "tokenizer" : "tokenizer_2",
    );
    const plain = await loadTokenizer(from, { kind });
    const files: Record<string, string> = {};
    for (const name of await readdir(from)) {
      files[name] = await readFile(join(from, name), "utf8");
    }
    const config = JSON.parse(files["tokenizer_config.json"]!);
    files["tokenizer_config.json"] = JSON.stringify({
      ...config,
      added_tokens_decoder: { 995: token },
    });
    await withFolder(files, async (folder) => {
      const tokenizer = await loadTokenizer(folder, { kind });
      assert.ok(tokenizer.encode("a sks b").ids.includes(995));
      assert.ok(!plain.encode("a sks b").ids.includes(995));
      // that of older versions is only refused where it says something else
      await writeFile(join(folder, "added_tokens.json"), '{"sks":995}');
      await loadTokenizer(folder, { kind });
      await writeFile(join(folder, "added_tokens.json"), '{"other":996}');
      await assert.rejects(loadTokenizer(folder, { kind }), {
        message: `Cannot read "${
          join(folder, "added_tokens.json")
        }" as its tokens must be in added_tokens_decoder of tokenizer_config.json, too: got "other"`,
      });
    });
  }
});
