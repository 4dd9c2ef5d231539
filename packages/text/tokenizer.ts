import { exists } from "@edit-transfer/files";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { loadClipVocabulary } from "./_clip_vocabulary.ts";
import { loadT5Vocabulary } from "./_t5_vocabulary.ts";
import { CONFIGS, type Vocabulary } from "./_vocabulary.ts";

/** A text as a model reads it. */
export interface TokenizedText {
  /** Token ids, padded to the tokeniser's `maxLength`. */
  readonly ids: number[];
  /** Tokens of the whole text, special ones included, padding not. */
  readonly tokenCount: number;
  /** Whether `tokenCount` is more than `maxLength`, so that the end was cut. */
  readonly truncated: boolean;
}

/** Turns texts into token ids. */
export interface Tokenizer {
  /** Length of all results. */
  readonly maxLength: number;
  /**
   * Encodes one text; what is too long is cut before the end-of-text token.
   *
   * @param text Any text, `""` as well.
   * @returns The ids and how many there would be without a limit.
   *
   * @throws {RangeError} If the text has more than a million characters.
   */
  encode(text: string): TokenizedText;
}

/** Options of {@linkcode loadTokenizer}. */
export interface LoadTokenizerOptions {
  /** Family of the tokeniser, which decides what is done around the vocabulary. */
  kind: "clip" | "t5";
}

const MAX_CHARACTERS = 1e6;

/** Tokens and merges of CLIP, which win over its `tokenizer.json`. */
const BYTE_PAIRS = ["vocab.json", "merges.txt"];
/** Files that may hold a vocabulary. */
const VOCABULARIES = {
  clip: [...BYTE_PAIRS, "tokenizer.json"],
  t5: ["tokenizer.json"],
} as const;

/**
 * Loads the tokeniser of a text encoder from its folder in the model.
 *
 * CLIP needs `vocab.json` and `merges.txt`, or `tokenizer.json`; T5 needs
 * `tokenizer.json`. The length limit and the special tokens are those of
 * `tokenizer_config.json` and `special_tokens_map.json`, if present; a config
 * without a real limit has 77 tokens for CLIP and 512 for T5.
 *
 * Source: `CLIPTokenizer` and `T5Tokenizer` of huggingface/transformers 5.23.0.
 * Older versions took CLIP text apart differently where ftfy was missing: they
 * put spaces around Chinese characters.
 *
 * @param folder Path of the folder, e.g. `"FLUX.1-dev/tokenizer_2"`.
 * @param options See {@linkcode LoadTokenizerOptions}.
 * @returns The tokeniser.
 *
 * The steps of a `tokenizer.json` are done as it says, or refused where they are
 * not known; so is a config that asks for something else, such as padding on the
 * left.
 *
 * @throws {FormatError} If a file is missing, does not parse, or asks for steps
 * that are not known.
 *
 * @example Usage
 * ```ts
 * import { loadTokenizer } from "@edit-transfer/text";
 * import { mkdtemp, rm, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import assert from "node:assert/strict";
 *
 * const folder = await mkdtemp(join(tmpdir(), "tokenizer-"));
 * await writeFile(join(folder, "merges.txt"), "#version: 0.2\nh i</w>\n");
 * await writeFile(
 *   join(folder, "vocab.json"),
 *   JSON.stringify({
 *     h: 0, "i</w>": 1, "hi</w>": 2, "<|startoftext|>": 3, "<|endoftext|>": 4,
 *   }),
 * );
 *
 * const tokenizer = await loadTokenizer(folder, { kind: "clip" });
 * const { ids, tokenCount } = tokenizer.encode("Hi  HI");
 * assert.deepEqual(ids.slice(0, 5), [3, 2, 2, 4, 4]);
 * assert.equal(ids.length, 77);
 * assert.equal(tokenCount, 4);
 * await rm(folder, { recursive: true });
 * ```
 */
export async function loadTokenizer(
  folder: string,
  options: LoadTokenizerOptions,
): Promise<Tokenizer> {
  if (!(await stat(folder).catch(() => undefined))?.isDirectory()) {
    throw new Error(
      `Cannot load tokenizer as "${folder}" must be a folder: got nothing there`,
    );
  }
  const vocabulary = options.kind === "clip"
    ? await loadClipVocabulary(folder)
    : await loadT5Vocabulary(folder);
  return {
    maxLength: vocabulary.maxLength,
    encode: (text) => encode(vocabulary, text),
  };
}

/**
 * Files of a tokeniser's folder that {@linkcode loadTokenizer} reads.
 *
 * @param folder Path of the folder.
 * @param options See {@linkcode LoadTokenizerOptions}.
 * @returns Their names, sorted.
 *
 * @throws {Error} If one is a link to nothing.
 *
 * @example Usage
 * ```ts
 * import { tokenizerFiles } from "@edit-transfer/text";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(await tokenizerFiles("models/micro/tokenizer_2", { kind: "t5" }), [
 *   "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json",
 * ]);
 * ```
 */
export async function tokenizerFiles(
  folder: string,
  options: LoadTokenizerOptions,
): Promise<string[]> {
  const { kind } = options;
  const there: string[] = [];
  for (const name of [...VOCABULARIES[kind], ...CONFIGS]) {
    if (await exists(join(folder, name))) there.push(name);
  }
  const isWhole = BYTE_PAIRS.every((name) => there.includes(name));
  const unread = kind === "t5" ? [] : isWhole ? ["tokenizer.json"] : BYTE_PAIRS;
  return there.filter((name) => !unread.includes(name)).sort();
}

/** Ids of a text between the special tokens, cut and padded. */
function encode(vocabulary: Vocabulary, text: string): TokenizedText {
  if (text.length > MAX_CHARACTERS) {
    throw new RangeError(
      `Cannot tokenize text as it must have at most ${MAX_CHARACTERS} characters: got ${text.length}`,
    );
  }
  const { before, after, maxLength, padId } = vocabulary;
  const words = vocabulary.encode(text.toWellFormed());
  const room = maxLength - before.length - after.length;
  const ids = [...before, ...words.slice(0, room), ...after];
  while (ids.length < maxLength) ids.push(padId);
  return {
    ids,
    tokenCount: before.length + words.length + after.length,
    truncated: words.length > room,
  };
}
