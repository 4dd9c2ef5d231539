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

/** Config, special tokens, which win over it, and tokens of older versions. */
export const CONFIGS = [
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
];

/** What a config may say of a tokeniser without changing what is done here. */
const AS_EXPECTED: Readonly<Record<string, readonly unknown[]>> = {
  do_lower_case: [true],
  padding_side: ["right"],
  truncation_side: ["right"],
  split_special_tokens: [false],
};
/** Classes that take everything from `tokenizer.json`. */
const GENERAL = ["PreTrainedTokenizerFast", "TokenizersBackend"];

/**
 * Reads the config and the special tokens of a folder.
 *
 * @param folder Path of the folder.
 * @param classes Names of the tokeniser in transformers.
 *
 * @throws {FormatError} If they are of another class, or ask for something else.
 */
export async function readConfig(
  folder: string,
  classes: readonly string[],
): Promise<TokenizerConfig> {
  const [config, tokens, added] = await Promise.all(
    CONFIGS.map((name) => readJson(folder, name)),
  );
  const all: TokenizerConfig = {
    ...(isObject(config) ? config : {}),
    ...(isObject(tokens) ? tokens : {}),
  };
  const refuse = (name: string, rule: string, got: unknown): never => {
    const path = join(folder, name);
    throw new FormatError(
      `Cannot read "${path}" as ${rule}: got ${shortJson(got)}`,
      { path },
    );
  };
  const rules: typeof AS_EXPECTED = {
    ...AS_EXPECTED,
    tokenizer_class: [...classes, ...GENERAL],
  };
  for (const [key, allowed] of Object.entries(rules)) {
    const value = all[key];
    if (value === undefined || value === null) continue;
    if (allowed.includes(value)) continue;
    const rule = `${key} must be ${allowed.slice(0, 2).join(" or ")}`;
    refuse(CONFIGS[0]!, rule, value);
  }
  const known = decoded(all).map(({ content }) => content);
  const others = isObject(added) ? Object.keys(added) : [];
  const other = others.find((token) => !known.includes(token));
  if (other !== undefined) {
    refuse(
      CONFIGS[2]!,
      `its tokens must be in added_tokens_decoder of ${CONFIGS[0]}, too`,
      other,
    );
  }
  return all;
}

/** A value in a message, on one short line. */
export function shortJson(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** Tokens of `added_tokens_decoder`, by their id there. */
function decoded(config: TokenizerConfig): AddedToken[] {
  const { added_tokens_decoder: listed } = config;
  if (!isObject(listed)) return [];
  return Object.entries(listed).flatMap(([id, token]) =>
    isObject(token) ? tokensOf({ ...token, id: Number(id) }) : []
  );
}

/** A token with all its flags; none if it is no token. */
function tokensOf(json: unknown): AddedToken[] {
  if (!isObject(json)) return [];
  const { id, content } = json;
  if (
    typeof content !== "string" || content === "" ||
    !Number.isInteger(id) || Number(id) < 0
  ) return [];
  return [{
    id: Number(id),
    content,
    single_word: json.single_word === true,
    lstrip: json.lstrip === true,
    rstrip: json.rstrip === true,
    normalized: json.normalized === true,
    special: json.special === true,
  }];
}

/**
 * Tokens that are never split: those of `tokenizer.json`, then those that the
 * config has besides.
 */
export function addedTokens(
  json: unknown,
  config: TokenizerConfig,
  check: (token: AddedToken) => void = () => {},
): AddedToken[] {
  const tokens = new Map<string, AddedToken>();
  const listed = Array.isArray(json) ? json.flatMap(tokensOf) : [];
  for (const token of [...listed, ...decoded(config)]) {
    if (!tokens.has(token.content)) tokens.set(token.content, token);
  }
  for (const token of tokens.values()) check(token);
  return [...tokens.values()];
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
