import { backgroundDifference } from "./background.ts";
import { colourOverlap } from "./colours.ts";
import { identity } from "./identity.ts";
import coefficients from "./pair_coefficients.json" with { type: "json" };
import type { Panel } from "./panel.ts";
import { scaleChange } from "./scale.ts";

/** What speaks for two pictures being one person in one place. */
export const PAIR_TERMS = [
  "identity",
  "background",
  "scale",
  "figureColours",
  "backgroundColours",
] as const;

/** Each of {@linkcode PAIR_TERMS}, undefined where it is unknown. */
export type PairTerms = Readonly<
  Record<typeof PAIR_TERMS[number], number | undefined>
>;

/**
 * What speaks for two pictures being one person in one place; larger is better:
 * cosine of the faces, `−log(1 + levels)` of the background, `−|log|` of the scale, overlap of
 * the colours.
 *
 * @param before One picture.
 * @param after Another, of the same size.
 * @returns The terms.
 *
 * @throws {RangeError} If the sizes differ.
 *
 * @example Usage
 * ```ts
 * import { pairTerms } from "@edit-transfer/people";
 * import { blankImage } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const panel = { image: blankImage(8, 8), person: {}, mask: new Uint8Array(64) };
 * const terms = pairTerms(panel, panel);
 * assert.equal(terms.identity, undefined);
 * assert.equal(terms.backgroundColours, 1);
 * ```
 */
export function pairTerms(before: Panel, after: Panel): PairTerms {
  const levels = backgroundDifference(before, after);
  const scale = scaleChange(before.person, after.person);
  const { figure, background } = colourOverlap(before, after);
  return {
    identity: identity(before.person, after.person),
    background: levels && -Math.log1p(levels),
    scale: scale && -Math.abs(scale),
    figureColours: figure,
    backgroundColours: background,
  };
}

/** Weights of the terms. */
export interface PairCoefficients {
  /** Log odds of a pair of which nothing is known. */
  readonly bias: number;
  /** Mean of each term, which stands for an unknown one. */
  readonly mean: readonly number[];
  /** Log odds for each unit above the mean. */
  readonly weight: readonly number[];
}

/**
 * Probability that two pictures are one person in one place, before and after
 * an edit, where as many pairs are as are not:
 * `1 / (1 + exp(−b − Σ w (x − mean)))` over the terms that are known. The coefficients were
 * fitted to real composites by `checks/people_scores.ts`.
 *
 * @param terms What {@linkcode pairTerms} gave.
 * @param fitted The coefficients; those of the package by default.
 * @returns The probability; undefined if nothing is known.
 *
 * @example Usage
 * ```ts
 * import { PAIR_TERMS, pairScore, type PairTerms } from "@edit-transfer/people";
 * import assert from "node:assert/strict";
 *
 * const terms = (identity?: number) =>
 *   Object.fromEntries(
 *     PAIR_TERMS.map((name) => [name, name === "identity" ? identity : undefined]),
 *   ) as PairTerms;
 * assert.ok(pairScore(terms(0.9))! > pairScore(terms(0.4))!);
 * assert.equal(pairScore(terms()), undefined);
 * ```
 */
export function pairScore(
  terms: PairTerms,
  fitted: PairCoefficients = coefficients,
): number | undefined {
  let odds = fitted.bias;
  let known = 0;
  for (const [i, name] of PAIR_TERMS.entries()) {
    const x = terms[name];
    if (x === undefined) continue;
    known++;
    odds += fitted.weight[i]! * (x - fitted.mean[i]!);
  }
  return known === 0 ? undefined : 1 / (1 + Math.exp(-odds));
}
