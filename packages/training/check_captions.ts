import { fillTemplate } from "@edit-transfer/composite";
import { wordsIn } from "./caption_template.ts";
import { ConfigError } from "./config_error.ts";
import { editWords } from "./fill_captions.ts";
import type { CaptionLength, TrainModel } from "./train_model.ts";

/** Captions of a data set and the template that they have. */
interface TemplateCaptions {
  readonly captions: readonly string[];
  /** Names of what they belong to, for messages. */
  readonly names: readonly string[];
  /** Template that the words of an edit are put into. */
  readonly template?: string | undefined;
}

/** Names in an error before it says "and n more". */
const NAMED = 5;

/**
 * Refuses captions that the text encoders cannot tell apart, as what they differ
 * in is cut off, and those of which T5 does not read the words of the edit.
 *
 * @throws {ConfigError} If captions differ in what is cut off alone, or their
 * words are cut off; it tells the template with which they would fit.
 */
export async function checkCaptions(
  sets: readonly TemplateCaptions[],
  { tokenize, template }: Pick<TrainModel, "tokenize" | "template">,
): Promise<void> {
  const names = new Map<string, string>(); // of each caption, the first
  for (const set of sets) {
    for (const [i, caption] of set.captions.entries()) {
      if (!names.has(caption)) names.set(caption, set.names[i]!);
    }
  }
  const read = new Map<string, { captions: string[]; isCut: boolean }>(); // by ids
  let [most, length] = [0, 0];
  for (const caption of names.keys()) {
    const { ids, t5, clip } = await tokenize(caption);
    const same = read.get(ids) ?? { captions: [], isCut: false };
    same.captions.push(caption);
    same.isCut ||= isCut(t5) || isCut(clip);
    read.set(ids, same);
    most = Math.max(most, t5.count);
    length = t5.maxLength;
  }
  const equal = [...read.values()]
    .filter(({ captions, isCut }) => captions.length > 1 && isCut)
    .flatMap(({ captions }) => captions.map((one) => names.get(one)!));
  if (equal.length > 0) {
    const more = equal.length > NAMED
      ? ` and ${equal.length - NAMED} more`
      : "";
    throw new ConfigError(
      `Cannot train as captions must differ in the ${length} tokens that the model reads of them: got ${names.size} captions of up to ${most} tokens, which it reads as ${read.size}, equal those of ${
        equal.slice(0, NAMED).join(", ")
      }${more}; ${await hint(editWords([...names.keys()]))}`,
    );
  }
  for (const { captions, template: own } of sets) {
    if (own === undefined || own === "{edit}") continue;
    for (const caption of new Set(captions)) {
      const words = wordsIn(caption, own);
      if (words === undefined) continue;
      const t5 = await lengthTo(words, own);
      if (!isCut(t5)) continue;
      throw new ConfigError(
        `Cannot train as T5 must read the words of the edit: got "${words}" at the end of ${t5.count} tokens where it reads ${t5.maxLength}; ${await hint(
          captions.map((one) => wordsIn(one, own) ?? one),
        )}`,
      );
    }
  }

  /** Tokens of a caption for T5 up to the end of the words of its edit. */
  async function lengthTo(words: string, own: string): Promise<CaptionLength> {
    const start = own.slice(0, own.indexOf("{edit}"));
    return (await tokenize(start + words)).t5;
  }

  /** The template with which captions of these words would fit. */
  async function hint(edits: readonly string[]): Promise<string> {
    const words = [...new Set(edits)];
    for (const fitting of [template, "{edit}"]) {
      const ids = new Set<string>();
      let fits = true;
      for (const one of words) {
        fits &&= !isCut(await lengthTo(one, fitting));
        ids.add((await tokenize(fillTemplate(fitting, one))).ids);
      }
      if (fits && ids.size === words.length) {
        return `set caption_template: "${fitting}", into which the words of the edits are put, e.g. "${
          fillTemplate(fitting, words[0]!)
        }"`;
      }
    }
    const { t5 } = await tokenize(template);
    return `shorten them to the words of the edit, and set caption_template: "${
      isCut(t5) ? "{edit}" : template
    }"`;
  }
}

/** Says so where encoders do not read captions to their end. */
export async function cutCaptions(
  captions: Iterable<string>,
  { tokenize }: Pick<TrainModel, "tokenize">,
): Promise<string[]> {
  const distinct = new Set(captions);
  const most = { clip: 0, t5: 0 };
  const reads: string[] = [];
  let cut = 0;
  for (const caption of distinct) {
    const tokens = await tokenize(caption);
    if (isCut(tokens.clip) || isCut(tokens.t5)) cut++;
    reads.length = 0;
    for (const name of ["clip", "t5"] as const) {
      most[name] = Math.max(most[name], tokens[name].count);
      const { maxLength } = tokens[name];
      if (!isCut({ count: most[name], maxLength })) continue;
      reads.push(
        `${name.toUpperCase()} reads ${maxLength} of up to ${
          most[name]
        } tokens`,
      );
    }
  }
  return cut === 0
    ? []
    : [`${cut} of ${distinct.size} captions are cut: ${reads.join(", ")}`];
}

function isCut({ count, maxLength }: CaptionLength): boolean {
  return count > maxLength;
}
