import {
  Normalizer,
  PreTokenizer,
  type Unigram,
} from "@huggingface/tokenizers";
import { FormatError } from "@edit-transfer/weights";
import { join } from "node:path";
import { CharacterMap } from "./_character_map.ts";
import {
  type AddedToken,
  addedToken,
  bareTokenizer,
  isObject,
  lengthLimit,
  readConfig,
  readJson,
  specialToken,
  type Vocabulary,
} from "./_vocabulary.ts";

/** Applies the character map of the file; the library only approximates it. */
class MapNormalizer extends Normalizer {
  readonly #map: CharacterMap;

  constructor(map: CharacterMap) {
    super({ type: "Precompiled" } as never);
    this.#map = map;
  }

  override normalize(text: string): string {
    return this.#map.apply(text);
  }
}

/** Cuts at white space and before each `▁`, and begins each word with one. */
class WordPreTokenizer extends PreTokenizer {
  override pre_tokenize_text(text: string): string[] {
    return text.split(/\p{White_Space}+/u).filter((word) => word !== "")
      .flatMap((word) =>
        (word.startsWith("▁") ? word : `▁${word}`).match(/▁[^▁]*/g)!
      );
  }
}

/** Reads the tokeniser of a T5 encoder. */
export async function loadT5Vocabulary(folder: string): Promise<Vocabulary> {
  const config = await readConfig(folder);
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
  const { type, vocab, unk_id } = json.model;
  if (type !== undefined && type !== "Unigram") {
    throw fault("the model of a T5 tokenizer must be Unigram", String(type));
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
  const added = Array.isArray(json.added_tokens)
    ? json.added_tokens.filter(isAdded)
    : [];
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
  tokenizer.normalizer = null;
  const map = characterMap(json.normalizer);
  if (map !== undefined) {
    try {
      tokenizer.normalizer = new MapNormalizer(new CharacterMap(map));
    } catch (error) {
      throw fault(
        "its normalizer must be a character map",
        (error as Error).message,
      );
    }
  }
  tokenizer.pre_tokenizer = new WordPreTokenizer();
  return {
    encode: (text) => tokenizer.encode(text, { add_special_tokens: false }).ids,
    before: [],
    after: [id(eos)],
    padId: id(pad),
    maxLength: lengthLimit(config, folder, 512),
  };
}

/** The character map of a normalizer, alone or first in a sequence. */
function characterMap(normalizer: unknown): string | undefined {
  if (!isObject(normalizer)) return undefined;
  if (Array.isArray(normalizer.normalizers)) {
    return normalizer.normalizers.map(characterMap).find((map) =>
      map !== undefined
    );
  }
  const map = normalizer.precompiled_charsmap;
  return typeof map === "string" && map !== "" ? map : undefined;
}

function isUnigram(vocab: unknown): vocab is [string, number][] {
  return Array.isArray(vocab) && vocab.length > 0 &&
    vocab.every((entry) =>
      Array.isArray(entry) && typeof entry[0] === "string" &&
      Number.isFinite(entry[1])
    );
}

function isAdded(token: unknown): token is AddedToken {
  return isObject(token) && typeof token.content === "string" &&
    token.content !== "" && Number.isInteger(token.id);
}
