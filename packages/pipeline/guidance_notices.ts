import type { FluxConfig } from "@edit-transfer/dit";

/**
 * Says so if a guidance scale was asked for that the model cannot use.
 *
 * @param config Config of its transformer.
 * @param guidance The scale, if one was asked for.
 * @returns One sentence, or none.
 *
 * @example Usage
 * ```ts
 * import { guidanceNotices } from "@edit-transfer/pipeline";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(guidanceNotices({ guidanceEmbeds: true }, 3.5), []);
 * assert.equal(guidanceNotices({ guidanceEmbeds: false }, 3.5).length, 1);
 * ```
 */
export function guidanceNotices(
  { guidanceEmbeds }: Pick<FluxConfig, "guidanceEmbeds">,
  guidance: number | undefined,
): readonly string[] {
  if (guidanceEmbeds || guidance === undefined) return [];
  return [
    `Guidance ${guidance} is ignored as the model does not embed a guidance scale`,
  ];
}
