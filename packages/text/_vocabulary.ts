import { Tokenizer } from "@huggingface/tokenizers";
import {
  exists,
  readJson as readJsonFile,
  readText as readTextFile,
  type TextOptions,
} from "@edit-transfer/files";
import { integerIn, LIMITS } from "@edit-transfer/files/limits";
import { FormatError } from "@edit-transfer/weights";
import { join } from "node:path";

/** What is left of a tokeniser once its files are read. */
export interface Vocabulary {
  /** Ids of the words of a text, without special tokens around them. */
  encode(text: string): number[];
  /** Ids in front of every text. */
  readonly before: readonly number[];
  /** Ids behind every text. */
  readonly after: readonly number[];
  /** Id that fills up short texts. */
  readonly padId: number;
  /** Tokens in a text. */
  readonly maxLength: number;
}

/** A token that is never split, as in `tokenizer.json`. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly single_word: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly normalized: boolean;
  readonly special: boolean;
}

/** `tokenizer_config.json`, completed by `special_tokens_map.json`. */
export type TokenizerConfig = Readonly<Record<string, unknown>>;

/** Parsed JSON of a file of the folder, or undefined if there is none. */
export async function readJson(
  folder: string,
  name: string,
): Promise<unknown> {
  const path = join(folder, name);
  if (!await exists(path)) return undefined;
  return await readJsonFile(path, optionsOf(path));
}

/** Text of a file of the folder, or undefined if there is none. */
export async function readText(
  folder: string,
  name: string,
): Promise<string | undefined> {
  const path = join(folder, name);
  if (!await exists(path)) return undefined;
  return await readTextFile(path, optionsOf(path));
}

function optionsOf(path: string): TextOptions {
  return {
    what: "tokenizer file",
    fail: (message, { cause }) => new FormatError(message, { path, cause }),
  };
}

/** Config and special tokens of a folder, the latter of which win. */
export const CONFIGS = ["tokenizer_config.json", "special_tokens_map.json"];

/** Reads the config and the special tokens of a folder. */
export async function readConfig(folder: string): Promise<TokenizerConfig> {
  const [config, tokens] = await Promise.all(
    CONFIGS.map((name) => readJson(folder, name)),
  );
  return {
    ...(isObject(config) ? config : {}),
    ...(isObject(tokens) ? tokens : {}),
  };
}

/** Content of a special token of the config, e.g. `pad_token`. */
export function specialToken(
  config: TokenizerConfig,
  name: string,
  fallback: string,
): string {
  const token = config[name];
  const content = isObject(token) ? token.content : token;
  return typeof content === "string" ? content : fallback;
}

/**
 * Length limit of the config; transformers writes 1e30 for none.
 *
 * @throws {FormatError} If it is none and no length that a text may have.
 */
export function lengthLimit(
  config: TokenizerConfig,
  folder: string,
  fallback: number,
): number {
  const limit = config.model_max_length ?? fallback;
  if (typeof limit === "number" && limit > 1e20) return fallback;
  const { data, error } = integerIn(LIMITS.textLength).safeParse(limit);
  if (error === undefined) return data;
  const path = join(folder, "tokenizer_config.json");
  throw new FormatError(
    `Cannot read "${path}" as model_max_length ${
      error.issues[0]!.message
    }: got ${JSON.stringify(limit)}`,
    { path },
  );
}

/**
 * A special token with the flags that the config gives it, in its list of added
 * tokens or where it names the token.
 */
export function addedToken(
  config: TokenizerConfig,
  id: number,
  content: string,
): AddedToken {
  const { added_tokens_decoder: listed } = config;
  const candidates = [
    ...(isObject(listed) ? Object.values(listed) : []),
    ...Object.values(config),
  ];
  const found = candidates.find((token) =>
    isObject(token) && token.content === content
  ) as Partial<AddedToken> | undefined;
  return {
    id,
    content,
    single_word: false,
    lstrip: found?.lstrip === true,
    rstrip: found?.rstrip === true,
    normalized: found?.normalized === true,
    special: true,
  };
}

/** Whether a value is an object with string keys. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * A tokeniser of a model and tokens that are never split, and nothing else;
 * tokens with the flag `normalized` are looked for in lower case.
 */
export function bareTokenizer(
  model: object,
  tokens: readonly AddedToken[],
): Tokenizer {
  return new Tokenizer({
    model,
    added_tokens: tokens,
    normalizer: { type: "Lowercase" },
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
  }, {});
}
