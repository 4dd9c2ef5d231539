import {
  ByteLevelPreTokenizer,
  Normalizer,
  PreTokenizer,
} from "@huggingface/tokenizers";
import { FormatError } from "@edit-transfer/weights";
import { join } from "node:path";
import {
  addedToken,
  bareTokenizer,
  isObject,
  lengthLimit,
  readConfig,
  readJson,
  readText,
  specialToken,
  type Vocabulary,
} from "./_vocabulary.ts";

/** Tokens and merges of byte-pair encoding. */
interface BytePairs {
  readonly path: string;
  readonly vocab: Readonly<Record<string, number>>;
  readonly merges: readonly (readonly [string, string])[];
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
  const config = await readConfig(folder);
  const { path, vocab, merges } = await readBytePairs(folder);
  const id = (token: string) => {
    const found = vocab[token];
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
    [...special].map((token) => addedToken(config, id(token), token)),
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
    return check(join(folder, "vocab.json"), vocab, lines);
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
  return check(path, model.vocab, model.merges);
}

/** Checks the parts of a byte-pair encoding. */
function check(path: string, vocab: unknown, merges: unknown): BytePairs {
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
