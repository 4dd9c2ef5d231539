/** Options of {@linkcode cleanCaption}. */
export interface CleanCaptionOptions {
  /**
   * Whether lines and parts between commas are trimmed, empty ones left out,
   * and the rest joined with `", "`, as ai-toolkit does.
   *
   * @default {false}
   */
  readonly commas?: boolean | undefined;
}

/**
 * Caption as it is encoded: without space around it.
 *
 * Source: `clean_caption` in ostris/ai-toolkit, `toolkit/dataloader_mixins.py`.
 *
 * @param text Content of a caption file.
 * @param options See {@linkcode CleanCaptionOptions}.
 * @returns The caption.
 *
 * @example Usage
 * ```ts
 * import { cleanCaption } from "@edit-transfer/dataset";
 * import assert from "node:assert/strict";
 *
 * assert.equal(cleanCaption("a ,b\n"), "a ,b");
 * assert.equal(cleanCaption("a ,b\n,c", { commas: true }), "a, b, c");
 * ```
 */
export function cleanCaption(
  text: string,
  options: CleanCaptionOptions = {},
): string {
  if (options.commas !== true) return text.trim();
  return text.split(/[,\r\n]/).map((part) => part.trim())
    .filter((part) => part !== "").join(", ");
}

/**
 * Caption of a draw: the empty one where `dropout < rate`.
 *
 * @param caption Caption of the item.
 * @param options Rate of dropout in [0, 1], and the draw's uniform number.
 * @returns The caption to train with.
 *
 * @throws {RangeError} If the rate is not in [0, 1].
 *
 * @example Usage
 * ```ts
 * import { dropCaption } from "@edit-transfer/dataset";
 * import assert from "node:assert/strict";
 *
 * assert.equal(dropCaption("smiling", { rate: 0.05, dropout: 0.04 }), "");
 * assert.equal(dropCaption("smiling", { rate: 0.05, dropout: 0.05 }), "smiling");
 * ```
 */
export function dropCaption(
  caption: string,
  options: { readonly rate: number; readonly dropout: number },
): string {
  const { rate, dropout } = options;
  if (!(rate >= 0 && rate <= 1)) {
    throw new RangeError(
      `Cannot drop captions as the rate must be in [0, 1]: got ${rate}`,
    );
  }
  return dropout < rate ? "" : caption;
}
