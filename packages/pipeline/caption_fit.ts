import { fillTemplate } from "@edit-transfer/composite";
import type { TokenizedText, Tokenizer } from "@edit-transfer/text";

/** Fills a caption template, unless T5 would not read the words to their end. */
export function fitCaption(
  t5: Tokenizer,
  { template, edit }: { readonly template: string; readonly edit: string },
): string {
  const caption = fillTemplate(template, edit);
  const end = template.indexOf("{edit}") + edit.length;
  const { tokenCount } = t5.encode(caption.slice(0, end));
  if (tokenCount <= t5.maxLength) return caption;
  throw new RangeError(
    `Cannot edit as T5 must read the words of the edit: got them at the end of ${tokenCount} tokens where it reads ${t5.maxLength}; ` +
      `give a prompt instead of the words, or a LoRA or model with a shorter template than "${template}"`,
  );
}

/** Says so, in one sentence, where encoders do not read a prompt to its end. */
export function cutNotices(
  texts: readonly (readonly [encoder: string, TokenizedText])[],
): readonly string[] {
  const cuts = texts.filter(([, { truncated }]) => truncated).map((
    [encoder, { ids, tokenCount }],
  ) => `the first ${ids.length} of its ${tokenCount} tokens for ${encoder}`);
  return cuts.length === 0
    ? []
    : [`The prompt was cut to ${cuts.join(" and to ")}`];
}
