import { fillTemplate } from "@edit-transfer/composite";
import { captionTemplates, wordsIn } from "./caption_template.ts";

/** How captions of the reference's data begin to tell the edit. */
const LEAD =
  /^(?:transformed (?:to depict|into) |where |with |depicting )?(?:(?:a|an|the) )?(?:subject )?(?:is )?(?:depicted |transformed into )?(?:(?:a|an|the) )?/;

/**
 * Words of the edit in a caption like those of the reference's data, which tell
 * it where they describe the panel at the top right; undefined in any other.
 *
 * Source: `data/edit_transfer/*.txt` in CUC-MIPG/Edit-Transfer@d12ccec.
 */
export function referenceWords(caption: string): string | undefined {
  const [, told] =
    /\[TOP-RIGHT\]: An edited version of (?:the )?\[TOP-LEFT\](?: image)?, (.+?)\.\s*\[BOTTOM-LEFT\]/s
      .exec(caption) ?? [];
  const words = told?.replace(LEAD, "").replace(/ motion$/, "")
    .replace(/ has been (?:altered|changed|transformed) to /, " ");
  return words || undefined;
}

/**
 * Words of the edits of captions: of the reference's form, or else what the
 * captions differ in.
 */
export function editWords(captions: readonly string[]): string[] {
  const [template] = captionTemplates([
    { name: "captions", template: undefined, captions },
  ]);
  return captions.map((caption) =>
    referenceWords(caption) ?? wordsIn(caption, template!) ?? caption
  );
}

/**
 * Captions of a data set in its template. They stay where any has its form; else
 * the words of their edits are put into it. `{edit}` alone leaves captions whole,
 * unless all are of the reference's form.
 */
export function fillCaptions(
  captions: readonly string[],
  template: string,
): readonly string[] {
  const isFilled = template === "{edit}"
    ? captions.some((one) => referenceWords(one) === undefined)
    : captions.some((one) => wordsIn(one, template) !== undefined);
  if (isFilled) return captions;
  return editWords(captions).map((words) =>
    words === "" ? "" : fillTemplate(template, words)
  );
}
