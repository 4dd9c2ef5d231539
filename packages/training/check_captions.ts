import { wordsIn } from "./caption_template.ts";
import { ConfigError } from "./config_error.ts";
import type { TrainModel } from "./train_model.ts";

/** Captions of a data set and the template that they have. */
interface TemplateCaptions {
  readonly captions: Iterable<string>;
  /** Template that the words of an edit are put into. */
  readonly template?: string | undefined;
}

/**
 * Refuses captions that the text encoders cannot tell apart, as what they differ
 * in is cut off, and those of which T5 does not read the words of the edit.
 *
 * @throws {ConfigError} If captions differ in what is cut off alone, or their
 * words are cut off.
 */
export async function checkCaptions(
  sets: readonly TemplateCaptions[],
  { tokenize, template }: Pick<TrainModel, "tokenize" | "template">,
): Promise<void> {
  const distinct = new Set(sets.flatMap(({ captions }) => [...captions]));
  const read = new Map<string, boolean>(); // ids, and whether they were cut
  let [most, length] = [0, 0];
  let areEqual = false;
  for (const caption of distinct) {
    const { ids, t5, clip } = await tokenize(caption);
    const isCut = t5.count > t5.maxLength || clip.count > clip.maxLength;
    const before = read.get(ids);
    areEqual ||= before !== undefined && (before || isCut);
    read.set(ids, isCut);
    most = Math.max(most, t5.count);
    length = t5.maxLength;
  }
  if (areEqual) {
    throw new ConfigError(
      `Cannot train as captions must differ in the ${length} tokens that the model reads of them: got ${distinct.size} captions of up to ${most} tokens, which it reads as ${read.size}; ${await hint()}`,
    );
  }
  for (const { captions, template: own } of sets) {
    if (own === undefined || own === "{edit}") continue;
    for (const caption of new Set(captions)) {
      const words = wordsIn(caption, own);
      if (words === undefined) continue;
      const end = own.indexOf("{edit}") + words.length;
      const { t5 } = await tokenize(caption.slice(0, end));
      if (t5.count <= t5.maxLength) continue;
      throw new ConfigError(
        `Cannot train as T5 must read the words of the edit: got "${words}" at the end of ${t5.count} tokens where it reads ${t5.maxLength}; ${await hint()}`,
      );
    }
  }

  async function hint(): Promise<string> {
    const { t5 } = await tokenize(template);
    const fitting = t5.count > t5.maxLength ? "{edit}" : template;
    return `shorten them, or leave them to caption_template: "${fitting}"`;
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

function isCut(
  { count, maxLength }: { readonly count: number; readonly maxLength: number },
): boolean {
  return count > maxLength;
}
