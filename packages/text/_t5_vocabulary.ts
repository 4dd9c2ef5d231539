import type { Unigram } from "@huggingface/tokenizers";
import { FormatError } from "@edit-transfer/weights";
import { join } from "node:path";
import { normalizerOf, preTokenizerOf } from "./_t5_steps.ts";
import {
  addedToken,
  addedTokens,
  bareTokenizer,
  isObject,
  lengthLimit,
  readConfig,
  readJson,
  shortJson,
  specialToken,
  type Vocabulary,
} from "./_vocabulary.ts";

/** Reads the tokeniser of a T5 encoder. */
export async function loadT5Vocabulary(folder: string): Promise<Vocabulary> {
  const config = await readConfig(folder, ["T5Tokenizer", "T5TokenizerFast"]);
  const path = join(folder, "tokenizer.json");
  const json = await readJson(folder, "tokenizer.json");
  const fault = (rule: string, got: string) =>
    new FormatError(`Cannot read "${path}" as ${rule}: got ${got}`, { path });
  if (json === undefined) {
    throw fault("a T5 tokenizer needs it", "no such file");
  }
  if (!isObject(json) || !isObject(json.model)) {
    throw fault("it must have a model", "none");
  }
  const { type, vocab, unk_id, byte_fallback } = json.model;
  if (type !== undefined && type !== "Unigram") {
    throw fault("the model of a T5 tokenizer must be Unigram", String(type));
  }
  if (byte_fallback === true) {
    throw fault(
      "the model of a T5 tokenizer must not fall back to bytes",
      "byte_fallback true",
    );
  }
  if (!isUnigram(vocab)) {
    throw fault(
      "the vocabulary must be a list of tokens and scores",
      "something else",
    );
  }
  if (
    typeof unk_id !== "number" || !Number.isInteger(unk_id) ||
    vocab[unk_id] === undefined
  ) {
    throw fault("unk_id must be a token of the vocabulary", String(unk_id));
  }

  const ids = new Map(vocab.map(([token], id) => [token, id]));
  const added = addedTokens(json.added_tokens, config, (token) => {
    // others are looked for in the text before its normalizer is applied
    if (!token.normalized) return;
    throw fault(
      "each added token must have normalized false",
      JSON.stringify(token.content),
    );
  });
  for (const { content, id } of added) ids.set(content, id);
  const id = (token: string) => {
    const found = ids.get(token);
    if (found !== undefined) return found;
    throw fault("the vocabulary must have the special tokens", `no "${token}"`);
  };
  const eos = specialToken(config, "eos_token", "</s>");
  const pad = specialToken(config, "pad_token", "<pad>");
  const missing = [eos, pad].filter((token) =>
    !added.some(({ content }) => content === token)
  );

  const tokenizer = bareTokenizer(
    { type: "Unigram", vocab, unk_id, byte_fallback: false },
    [...added, ...missing.map((t) => addedToken(config, id(t), t))],
  );
  // The library spreads a word's tokens over the stack, too many for a long one.
  const model = tokenizer.model as Unigram;
  model.encode = (words) => words.flatMap((word) => model.tokenize(word));
  const step = <T>(rule: string, build: () => T): T => {
    try {
      return build();
    } catch (error) {
      throw fault(rule, (error as Error).message);
    }
  };
  tokenizer.normalizer = step(
    "its normalizer must be of steps that are known",
    () => normalizerOf(json.normalizer),
  );
  tokenizer.pre_tokenizer = step(
    "its pre_tokenizer must be T5's, Metaspace with or without WhitespaceSplit",
    () => preTokenizerOf(json.pre_tokenizer),
  );
  if (!endsWith(json.post_processor, eos)) {
    throw fault(
      `its post_processor must put ${JSON.stringify(eos)} behind a text`,
      shortJson(json.post_processor),
    );
  }
  return {
    encode: (text) => tokenizer.encode(text, { add_special_tokens: false }).ids,
    before: [],
    after: [id(eos)],
    padId: id(pad),
    maxLength: lengthLimit(config, folder, 512),
  };
}

/** Whether a `post_processor` puts a token behind a text, and nothing else. */
function endsWith(json: unknown, eos: string): boolean {
  if (!isObject(json) || json.type !== "TemplateProcessing") return false;
  const { single } = json;
  if (!Array.isArray(single) || single.length !== 2) return false;
  const [text, end] = single;
  return isObject(text) && isObject(text.Sequence) && isObject(end) &&
    isObject(end.SpecialToken) && end.SpecialToken.id === eos;
}

function isUnigram(vocab: unknown): vocab is [string, number][] {
  return Array.isArray(vocab) && vocab.length > 0 &&
    vocab.every((entry) =>
      Array.isArray(entry) && typeof entry[0] === "string" &&
      Number.isFinite(entry[1])
    );
}
