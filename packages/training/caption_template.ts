import { REFERENCE_TEMPLATE } from "@edit-transfer/composite";
import { ConfigError } from "./config_error.ts";

/** Template of captions that are given whole: the words are the caption. */
const WHOLE = "{edit}";

/** Captions of a data set, and how they were made. */
export interface CaptionSet {
  /** Key of the config, for messages. */
  readonly name: string;
  /** Template that the config gives them. */
  readonly template: string | undefined;
  readonly captions: readonly string[];
}

/**
 * Templates that turn the words of an edit into captions like those of the
 * training data, those of most tasks first. A data set has the config's; or that
 * of another set, if all of its captions have its form; else, with all others that
 * have none, the reference's, if a caption has its form; else what captions have
 * in common, if that is more than what they differ in; else `{edit}` alone.
 *
 * @throws {ConfigError} If a data set has a template and a caption of another
 * form.
 */
export function captionTemplates(sets: readonly CaptionSet[]): string[] {
  const tasks = new Map<string, number>();
  const count = (template: string, { captions }: CaptionSet) =>
    tasks.set(template, (tasks.get(template) ?? 0) + captions.length);
  for (const set of sets) {
    const { name, template, captions } = set;
    if (template === undefined) continue;
    const other = captions.find((one) => one !== "" && !hasForm(one, template));
    if (other === undefined) {
      count(template, set);
      continue;
    }
    throw new ConfigError(
      `Cannot use config as all captions of ${name} must have the form of its caption_template, "${template}": got "${other}"`,
    );
  }
  const given = [...tasks.keys()];
  const free: CaptionSet[] = [];
  for (const set of sets) {
    if (set.template !== undefined) continue;
    const known = given.find((template) =>
      set.captions.every((one) => one === "" || hasForm(one, template))
    );
    if (known === undefined) free.push(set);
    else count(known, set);
  }
  const captions = [...new Set(free.flatMap((set) => set.captions))]
    .filter((one) => one !== ""); // as where it is dropped
  if (free.length > 0) {
    const template = captions.some((one) => hasForm(one, REFERENCE_TEMPLATE))
      ? REFERENCE_TEMPLATE
      : commonTemplate(captions);
    for (const set of free) count(template, set);
  }
  return [...tasks].sort(([, a], [, b]) => b - a).map(([template]) => template);
}

/** Whether a caption is a template with the same words at each `{edit}`. */
function hasForm(caption: string, template: string): boolean {
  return wordsIn(caption, template) !== undefined;
}

/** Words that a caption puts into a template, if it has its form. */
export function wordsIn(caption: string, template: string): string | undefined {
  return wordsOf(caption, template.split(WHOLE));
}

/** What stands between each two parts of a caption, if it is always the same. */
function wordsOf(
  caption: string,
  parts: readonly string[],
): string | undefined {
  const length = (caption.length - parts.join("").length) / (parts.length - 1);
  const words = caption.slice(parts[0]!.length, parts[0]!.length + length);
  return parts.join(words) === caption ? words : undefined;
}

/** What captions have in common, as a template; `{edit}` where it is too little. */
function commonTemplate(captions: readonly string[]): string {
  const texts = captions.map(piecesOf);
  const [one] = texts;
  if (one === undefined || texts.length < 2) return WHOLE;
  const least = Math.min(...texts.map((pieces) => pieces.length));
  const same = (at: number) => texts.every((own) => own.at(at) === one.at(at));
  let start = 0;
  while (start < least && same(start)) start++;
  let end = 0;
  while (end < least - start && same(-1 - end)) end++;
  const slot = one.slice(start, one.length - end);
  // the shortest words that all captions repeat at the same places
  for (let size = 1; size <= slot.length; size++) {
    const words = slot.slice(0, size).join("");
    const parts = slot.join("").split(words);
    if (words.trim() !== words || parts.at(-1) !== "" || parts[0] !== "") {
      continue;
    }
    parts[0] = one.slice(0, start).join("");
    parts[parts.length - 1] = one.slice(one.length - end).join("");
    const all = captions.map((caption) => wordsOf(caption, parts) ?? " ");
    if (all.some((own) => own.trim() !== own)) continue;
    return countWords(parts.join(" ")) * all.length >= countWords(all.join(" "))
      ? parts.join(WHOLE)
      : WHOLE;
  }
  return WHOLE;
}

/** Words, and between them single other characters. */
function piecesOf(text: string): string[] {
  return text.match(/[\p{L}\p{M}\p{N}'’-]+|[^\p{L}\p{M}\p{N}'’-]/gu) ?? [];
}

function countWords(text: string): number {
  return piecesOf(text).filter((piece) => /[\p{L}\p{N}]/u.test(piece)).length;
}
