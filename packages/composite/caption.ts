/**
 * Caption of a composite, with `{edit}` where the words of the edit go.
 *
 * Source: `data/edit_transfer/0001.txt` in CUC-MIPG/Edit-Transfer@d12ccec.
 */
export const REFERENCE_TEMPLATE: string =
  "This is a four-panel image grid: [TOP-LEFT]: The original source image. " +
  "[TOP-RIGHT]: An edited version of the [TOP-LEFT] image, transformed to depict a {edit} motion. " +
  "[BOTTOM-LEFT]: A second original source image. " +
  "[BOTTOM-RIGHT]: An edited version of the [BOTTOM-LEFT] image, " +
  "applying the same {edit} motion transformation as used in [TOP-RIGHT].";

/**
 * Fills a caption template with the words of an edit.
 *
 * @param template Caption with `{edit}` in one or more places.
 * @param edit Words of the edit, e.g. `"raising arms"`.
 * @returns The caption.
 *
 * @throws {SyntaxError} If the template has no place for the words.
 *
 * @example Usage
 * ```ts
 * import { fillTemplate } from "@edit-transfer/composite";
 * import assert from "node:assert/strict";
 *
 * assert.equal(fillTemplate("a person {edit}", "sitting"), "a person sitting");
 * ```
 */
export function fillTemplate(template: string, edit: string): string {
  if (!template.includes("{edit}")) {
    throw new SyntaxError(
      `Cannot fill the caption template as it has no {edit}: got "${template}"`,
    );
  }
  return template.replaceAll("{edit}", () => edit);
}
