import type { KnownSizes, ModelSettings } from "./model_settings.ts";

/**
 * Says so where a model draws at a size that it was not made for.
 *
 * @param kind What is drawn: a panel of an edit, or a picture from text.
 * @param size Its width and height in pixels.
 * @param settings Sizes that the model names, if it does.
 * @returns One sentence, or none.
 *
 * @example Usage
 * ```ts
 * import { sizeNotices } from "@edit-transfer/pipeline";
 * import assert from "node:assert/strict";
 *
 * const sizes = { panel: [64, 64], picture: [64, 128] } as const;
 * assert.deepEqual(sizeNotices("panel", [64, 64], { sizes }), []);
 * assert.match(sizeNotices("panel", [512, 512], { sizes })[0]!, /512 x 512$/);
 * ```
 */
export function sizeNotices(
  kind: keyof KnownSizes,
  size: readonly [width: number, height: number],
  settings: Pick<ModelSettings, "sizes">,
): readonly string[] {
  const [width, height] = size;
  const { sizes } = settings;
  if (sizes === undefined) return [];
  const [least, most] = sizes[kind];
  if (Math.min(width, height) >= least && Math.max(width, height) <= most) {
    return [];
  }
  const sides = least === most ? `${least}` : `${least} to ${most}`;
  const squares = kind === "panel" && width !== height
    ? '; fit "whole" or "crop" keeps panels square'
    : "";
  return [
    `The model was made for ${kind}s of ${sides} pixels a side, and draws poorly at ${width} x ${height}${squares}`,
  ];
}
