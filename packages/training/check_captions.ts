import { ConfigError } from "./config_error.ts";
import type { TrainModel } from "./train_model.ts";

/**
 * Refuses captions that the text encoders cannot tell apart, as what they differ
 * in is cut off.
 *
 * @returns What a user should know, e.g. that captions are cut.
 *
 * @throws {ConfigError} If captions differ in what is cut off alone.
 */
export async function checkCaptions(
  captions: Iterable<string>,
  { tokenize, template }: Pick<TrainModel, "tokenize" | "template">,
): Promise<string[]> {
  const distinct = new Set(captions);
  const read = new Map<string, boolean>(); // ids, and whether they were cut
  let most = 0;
  let length = 0;
  let cut = 0;
  let areEqual = false;
  for (const caption of distinct) {
    const { ids, count, maxLength } = await tokenize(caption);
    const isCut = count > maxLength;
    const before = read.get(ids);
    areEqual ||= before !== undefined && (before || isCut);
    read.set(ids, isCut);
    most = Math.max(most, count);
    length = maxLength;
    if (isCut) cut++;
  }
  if (areEqual) {
    const { count, maxLength } = await tokenize(template);
    const fitting = count > maxLength ? "{edit}" : template;
    throw new ConfigError(
      `Cannot train as captions must differ in the ${length} tokens that the model reads of them: got ${distinct.size} captions of up to ${most} tokens, which it reads as ${read.size}; shorten them, or leave them to caption_template: "${fitting}"`,
    );
  }
  if (cut === 0) return [];
  return [
    `${cut} of ${distinct.size} captions are cut to ${length} of up to ${most} tokens`,
  ];
}
