import {
  ByteLevelPreTokenizer,
  Normalizer,
  PreTokenizer,
} from "@huggingface/tokenizers";
import { FormatError } from "@edit-transfer/weights";
import { join } from "node:path";
import {
  addedToken,
  addedTokens,
  bareTokenizer,
  isObject,
  lengthLimit,
  readConfig,
  readJson,
  readText,
  shortJson,
  specialToken,
  type Vocabulary,
} from "./_vocabulary.ts";

/** Tokens and merges of byte-pair encoding. */
interface BytePairs {
  readonly path: string;
  readonly vocab: Readonly<Record<string, number>>;
  readonly merges: readonly (readonly [string, string])[];
  /** Tokens that are never split, as the file has them. */
  readonly added: unknown;
}

/** Words of a text; special tokens have been taken out before. */
const WORDS =
  /<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\p{White_Space}\p{L}\p{N}]+/gu;

/** Parts of a word, which the byte-level step of the reference finds again. */
const PARTS =
  /'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}+|[^\p{White_Space}\p{L}\p{N}]+/gu;

/** Splits a text into words and writes their bytes as printable characters. */
class ClipPreTokenizer extends PreTokenizer {
  readonly #bytes = new ByteLevelPreTokenizer({
    type: "ByteLevel",
    add_prefix_space: false,
    trim_offsets: false,
    use_regex: false, // its white space has U+FEFF, which the reference's has not
  });

  override pre_tokenize_text(text: string): string[] {
    const words = text.match(WORDS) ?? [];
    const parts = words.flatMap((word) => word.match(PARTS) ?? []);
    return parts.flatMap((part) => this.#bytes.pre_tokenize_text(part));
  }
}

/** Composes, joins white space and lower-cases. */
class ClipNormalizer extends Normalizer {
  constructor() {
    super({ type: "Lowercase" });
  }

  override normalize(text: string): string {
    const joined = text.normalize("NFC").replace(/\p{White_Space}+/gu, " ");
    // One character at a time: a final sigma is lower-cased as any other.
    return Array.from(joined, (char) => char.toLowerCase()).join("");
  }
}

/** Reads the tokeniser of a CLIP text encoder. */
export async function loadClipVocabulary(folder: string): Promise<Vocabulary> {
  const config = await readConfig(folder, [
    "CLIPTokenizer",
    "CLIPTokenizerFast",
  ]);
  const { path, vocab, merges, added: listed } = await readBytePairs(folder);
  const added = addedTokens(listed, config);
  const ids = new Map(Object.entries(vocab));
  for (const { content, id } of added) ids.set(content, id);
  const id = (token: string) => {
    const found = ids.get(token);
    if (found !== undefined) return found;
    throw new FormatError(
      `Cannot read "${path}" as the vocabulary must have the special tokens: got no "${token}"`,
      { path },
    );
  };
  const bos = specialToken(config, "bos_token", "<|startoftext|>");
  const eos = specialToken(config, "eos_token", "<|endoftext|>");
  const pad = specialToken(config, "pad_token", "<|endoftext|>");
  const unk = specialToken(config, "unk_token", "<|endoftext|>");

  const special = new Set([bos, eos, pad, unk]);
  const others = added.filter(({ content }) => !special.has(content));
  const tokenizer = bareTokenizer(
    {
      type: "BPE",
      vocab,
      merges,
      unk_token: unk,
      continuing_subword_prefix: "",
      end_of_word_suffix: "</w>",
      fuse_unk: false,
      byte_fallback: false,
    },
    [
      ...[...special].map((token) => addedToken(config, id(token), token)),
      ...others,
    ],
  );
  tokenizer.normalizer = new ClipNormalizer();
  tokenizer.pre_tokenizer = new ClipPreTokenizer();
  return {
    encode: (text) => tokenizer.encode(text, { add_special_tokens: false }).ids,
    before: [id(bos)],
    after: [id(eos)],
    padId: id(pad),
    maxLength: lengthLimit(config, folder, 77),
  };
}

/** Reads `vocab.json` and `merges.txt`, or else `tokenizer.json`. */
async function readBytePairs(folder: string): Promise<BytePairs> {
  const vocab = await readJson(folder, "vocab.json");
  const merges = await readText(folder, "merges.txt");
  if (vocab !== undefined && merges !== undefined) {
    const lines = merges.split(/\r?\n/).filter((line) =>
      line !== "" && !line.startsWith("#version")
    );
    const path = join(folder, "vocab.json");
    return { ...check(path, vocab, lines), added: undefined };
  }
  const path = join(folder, "tokenizer.json");
  const json = await readJson(folder, "tokenizer.json");
  if (json === undefined) {
    throw new FormatError(
      `Cannot load tokenizer as "${folder}" must have vocab.json and merges.txt or tokenizer.json: got ${
        [vocab && "vocab.json", merges && "merges.txt"].find(Boolean) ?? "none"
      }`,
      { path },
    );
  }
  const model = isObject(json) && isObject(json.model) ? json.model : {};
  if (model.type !== undefined && model.type !== "BPE") {
    throw new FormatError(
      `Cannot read "${path}" as a CLIP tokenizer as its model must be BPE: got ${model.type}`,
      { path },
    );
  }
  if (isObject(json)) checkSteps(path, json);
  return {
    ...check(path, model.vocab, model.merges),
    added: isObject(json) ? json.added_tokens : undefined,
  };
}

/** What a `tokenizer.json` says of the steps that {@linkcode WORDS} and so on are. */
const STEPS = {
  normalizer: [
    { type: "NFC" },
    { type: "Replace", pattern: { Regex: "\\s+" }, content: " " },
    { type: "Lowercase" },
  ],
  pre_tokenizer: [
    {
      type: "Split",
      pattern: {
        Regex:
          "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+",
      },
      behavior: "Removed",
      invert: true,
    },
    { type: "ByteLevel", add_prefix_space: false },
  ],
};

/** Refuses a `tokenizer.json` with other steps than CLIP's. */
function checkSteps(path: string, json: Record<string, unknown>): void {
  for (const [name, expected] of Object.entries(STEPS)) {
    const found = json[name];
    const list = isObject(found)
      ? found.normalizers ?? found.pretokenizers
      : undefined;
    if (Array.isArray(list) && isAs(list, expected)) continue;
    throw new FormatError(
      `Cannot read "${path}" as its ${name} must be CLIP's: got ${
        shortJson(found)
      }`,
      { path },
    );
  }
}

/** Whether a value has all that another has, and no longer lists. */
function isAs(value: unknown, expected: unknown): boolean {
  if (Array.isArray(expected)) {
    return Array.isArray(value) && value.length === expected.length &&
      expected.every((one, i) => isAs(value[i], one));
  }
  if (!isObject(expected)) return value === expected;
  return isObject(value) &&
    Object.entries(expected).every(([key, one]) => isAs(value[key], one));
}

/** Checks the parts of a byte-pair encoding. */
function check(
  path: string,
  vocab: unknown,
  merges: unknown,
): Omit<BytePairs, "added"> {
  if (
    !isObject(vocab) ||
    !Object.values(vocab).every((id) => Number.isInteger(id) && Number(id) >= 0)
  ) {
    throw new FormatError(
      `Cannot read "${path}" as the vocabulary must map tokens to ids: got something else`,
      { path },
    );
  }
  const pairs = Array.isArray(merges)
    ? merges.map((merge) =>
      typeof merge === "string" ? merge.split(" ") : merge
    )
    : undefined;
  const bad = pairs?.findIndex((pair) =>
    !Array.isArray(pair) || pair.length !== 2 ||
    !pair.every((part) => typeof part === "string" && part !== "")
  );
  if (bad !== -1) {
    throw new FormatError(
      `Cannot read "${path}" as each merge must be two tokens: got ${
        bad === undefined ? "no merges" : `another at merge ${bad}`
      }`,
      { path },
    );
  }
  return {
    path,
    vocab: vocab as Record<string, number>,
    merges: pairs as [string, string][],
  };
}
