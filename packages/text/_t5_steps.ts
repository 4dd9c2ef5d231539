import { Normalizer, PreTokenizer } from "@huggingface/tokenizers";
import { CharacterMap } from "./_character_map.ts";
import { isObject, shortJson } from "./_vocabulary.ts";

/** A step that is not known, as an error whose message names it. */
export class UnknownStep extends Error {}

type Step = (text: string) => string;

/** White space of Unicode, which `\s` of JavaScript has not all of. */
const SPACE = "\\p{White_Space}";

const FORMS: ReadonlySet<unknown> = new Set(["NFC", "NFD", "NFKC", "NFKD"]);
/** Patterns that mean the same in JavaScript as in the library's expressions. */
const PATTERNS: Readonly<Record<string, RegExp>> = {
  " {2,}": / {2,}/gu,
  "\\s+": new RegExp(`${SPACE}+`, "gu"),
};

/** Applies the steps of a `normalizer` in order. */
class Steps extends Normalizer {
  readonly #steps: readonly Step[];

  constructor(steps: readonly Step[]) {
    super({ type: "Sequence" } as never);
    this.#steps = steps;
  }

  override normalize(text: string): string {
    return this.#steps.reduce((text, step) => step(text), text);
  }
}

/**
 * The `normalizer` of a `tokenizer.json`, as it is written there.
 *
 * @throws {UnknownStep} If a step is not known, or is not as it should be.
 */
export function normalizerOf(json: unknown): Normalizer | null {
  const steps = stepsOf(json);
  return steps.length === 0 ? null : new Steps(steps);
}

function stepsOf(json: unknown): Step[] {
  if (json === undefined || json === null) return [];
  if (!isObject(json)) throw unknown(json);
  const { type, pattern, content } = json;
  if (type === "Sequence" && Array.isArray(json.normalizers)) {
    return json.normalizers.flatMap(stepsOf);
  }
  if (FORMS.has(type)) return [(text) => text.normalize(type as string)];
  if (type === "Precompiled") return mapStep(json.precompiled_charsmap);
  if (type === "Lowercase") {
    // one character at a time: a final sigma is lower-cased as any other
    return [(text) => Array.from(text, (c) => c.toLowerCase()).join("")];
  }
  if (type === "Strip") {
    const left = new RegExp(`^${SPACE}+`, "u");
    const right = new RegExp(`${SPACE}+$`, "u");
    return [
      ...json.strip_left === true ? [(t: string) => t.replace(left, "")] : [],
      ...json.strip_right === true ? [(t: string) => t.replace(right, "")] : [],
    ];
  }
  if (type === "Replace" && isObject(pattern) && typeof content === "string") {
    const { String: text, Regex: regex } = pattern;
    const from = typeof text === "string" && text !== ""
      ? text
      : PATTERNS[String(regex)];
    if (from !== undefined) return [(t) => t.replaceAll(from, () => content)];
  }
  throw unknown(json);
}

function mapStep(map: unknown): Step[] {
  if (typeof map !== "string") throw unknown({ precompiled_charsmap: map });
  if (map === "") return [];
  const characters = new CharacterMap(map);
  return [(text) => characters.apply(text)];
}

/** Writes spaces as `▁`, with one in front, and cuts before each. */
class Metaspace extends PreTokenizer {
  readonly #cutsAtSpace: boolean;

  constructor(cutsAtSpace: boolean) {
    super();
    this.#cutsAtSpace = cutsAtSpace;
  }

  override pre_tokenize_text(text: string): string[] {
    const words = this.#cutsAtSpace
      ? text.split(/\p{White_Space}+/u)
      : [text.replaceAll(" ", "▁")];
    return words.filter((word) => word !== "").flatMap((word) =>
      (word.startsWith("▁") ? word : `▁${word}`).match(/▁[^▁]*/g)!
    );
  }
}

/**
 * The `pre_tokenizer` of a T5 `tokenizer.json`: white space as `▁`, after a cut
 * at any white space, or without.
 *
 * @throws {UnknownStep} If it is another.
 */
export function preTokenizerOf(json: unknown): PreTokenizer {
  const steps = isObject(json) && json.type === "Sequence" &&
      Array.isArray(json.pretokenizers)
    ? json.pretokenizers
    : [json];
  const last: unknown = steps.at(-1);
  const isCut = isObject(steps[0]) && steps[0].type === "WhitespaceSplit";
  if (steps.length !== (isCut ? 2 : 1) || !isMetaspace(last)) {
    throw unknown(json);
  }
  return new Metaspace(isCut);
}

function isMetaspace(json: unknown): boolean {
  if (!isObject(json) || json.type !== "Metaspace") return false;
  const { replacement, prepend_scheme, add_prefix_space, split } = json;
  const prepends = prepend_scheme === "always" ||
    (prepend_scheme === undefined && add_prefix_space === true);
  return replacement === "▁" && prepends && split !== false;
}

function unknown(json: unknown): UnknownStep {
  return new UnknownStep(shortJson(json));
}
