import { imageLayout } from "./image_layout.ts";
import type { LatentShape } from "./pack_latents.ts";
import { splitQuad, tileQuad } from "./tile_quad.ts";
import { composeTokens, type TokenLayout } from "./token_layout.ts";
import type { Segment } from "./token_rows.ts";

/** Panels in the order of the grid. */
const SEGMENTS = ["before", "after", "query", "answer"] as const;

/**
 * Layout of the composite: before, after; query, answer. Tokens and positions
 * run over the whole grid, row by row; the bottom-right quadrant is made.
 *
 * Source: Edit Transfer, https://arxiv.org/abs/2503.13327;
 * CUC-MIPG/Edit-Transfer@c44a846, `toolkit/pipeline_flux_inpaint.py`,
 * `add_noise_mask2`.
 *
 * @param panel Extents `[c, h, w]` of the latents of one panel; h and w are even.
 * @returns The layout, with the latents of the composite, `[c, 2h, 2w]`.
 *
 * @throws {RangeError} If h or w is not even.
 *
 * @example Usage
 * ```ts
 * import { quadLayout } from "@edit-transfer/composite";
 * import assert from "node:assert/strict";
 *
 * const panel = (value: number) => new Float32Array(4).fill(value); // [1, 2, 2]
 * const layout = quadLayout([1, 2, 2]);
 * assert.deepEqual([...layout.mask], [0, 0, 0, 1]);
 * const noise = new Float32Array(16).fill(9); // [1, 4, 4]
 * const given = [panel(1), panel(2), panel(3)];
 * const { latents } = layout.compose(given, { noise }); // [4, 4]
 * assert.deepEqual([...latents.subarray(8)], [3, 3, 3, 3, 9, 9, 9, 9]);
 * assert.deepEqual(layout.answer(latents), panel(9));
 * ```
 */
export function quadLayout(panel: LatentShape): TokenLayout {
  const [c, h, w] = panel;
  if (h % 2 !== 0 || w % 2 !== 0) {
    throw new RangeError(
      `Cannot lay out panels as their height and width must be even: got [${
        panel.join(", ")
      }]`,
    );
  }
  const whole = imageLayout([c, 2 * h, 2 * w]);
  const { shape } = whole;
  const panelAt = ([, row, column]: readonly number[]) =>
    SEGMENTS[2 * Number(row! >= h / 2) + Number(column! >= w / 2)]!;
  const { before, after, query, answer } = Object.groupBy(
    whole.ids.keys(),
    (i) => panelAt(whole.ids[i]!),
  ) as Record<Segment, number[]>;
  const mask = Float32Array.from(
    whole.ids,
    (id) => panelAt(id) === "answer" ? 1 : 0,
  ); // [I]
  return {
    ...whole,
    answerShape: panel,
    mask,
    segments: { before, after, query, answer },
    turns: [[...before, ...after], query, answer],
    compose(panels, noise) {
      const [before, after, query, answer = new Float32Array(c * h * w)] =
        panels;
      if (!before || !after || !query || panels.length > 4) {
        throw new RangeError(
          `Cannot compose a quad as before, after and query must be given: got ${panels.length} panels`,
        );
      }
      const quad = tileQuad([before, after, query, answer], panel); // [c, 2h, 2w]
      return composeTokens({ shape, mask }, quad, noise);
    },
    answer: (tokens) => splitQuad(whole.unpack(tokens), panel)[3],
  };
}
