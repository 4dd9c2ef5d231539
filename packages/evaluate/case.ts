import {
  CASE_PANELS,
  type CaseOptions,
  type FigureCase,
  figureCase,
  renderSheet,
} from "@edit-transfer/figures";
import type { Image, Size } from "@edit-transfer/image";

/** A task of edit transfer. */
export interface Case {
  /** Name within its set, e.g. `"0007"`. */
  readonly id: string;
  /** Words of the edit, e.g. `"raising arms"`. */
  readonly words: string;
  /** Words that an editor is told in place of these, to see what wrong ones do. */
  readonly told?: string | undefined;
  /** Types of the edits that were made, e.g. `["raising-arms"]`. */
  readonly types: readonly string[];
  /** Example before its edit. */
  readonly before: Image;
  /** Example after its edit. */
  readonly after: Image;
  /** Picture that is edited. */
  readonly query: Image;
  /** What the edit should make of it, where that is known. */
  readonly answer?: Image | undefined;
}

/** A task of edit transfer whose answer is known. */
export interface AnsweredCase extends Case {
  /** What the edit should make of the query. */
  readonly answer: Image;
}

/**
 * Whether the answer of a case is known.
 *
 * @param one The case.
 * @returns True if it has an answer.
 *
 * @example Usage
 * ```ts
 * import { drawCases, hasAnswer } from "@edit-transfer/evaluate";
 * import assert from "node:assert/strict";
 *
 * const [one] = await drawCases({ split: "test", seed: 1, count: 1 });
 * assert.equal(hasAnswer({ ...one!, answer: undefined }), false);
 * ```
 */
export function hasAnswer(one: Case): one is AnsweredCase {
  return one.answer !== undefined;
}

/** Side of a panel of the embedded model, in pixels. */
const SIZE = 64;

/**
 * A drawn case as pictures.
 *
 * @param drawn What `figureCase` gave.
 * @param options Width and height of a picture in pixels, or one side for both,
 * 64 by default.
 * @returns The case.
 *
 * @example Usage
 * ```ts
 * import { caseOf } from "@edit-transfer/evaluate";
 * import { figureCase } from "@edit-transfer/figures";
 * import assert from "node:assert/strict";
 *
 * const drawn = figureCase({ split: "test", seed: 1, index: 0 });
 * assert.equal((await caseOf(drawn)).answer.width, 64);
 * ```
 */
export async function caseOf(
  drawn: FigureCase,
  options: { readonly size?: number | Size | undefined } = {},
): Promise<AnsweredCase> {
  const { size = SIZE } = options;
  const { width, height } = typeof size === "number"
    ? { width: size, height: size }
    : size;
  const data = await renderSheet(CASE_PANELS.map((panel) => drawn[panel]), {
    size,
  }); // [4, height, width, 3]
  const bytes = height * width * 3;
  const [before, after, query, answer] = CASE_PANELS.map((_, i) => ({
    width,
    height,
    data: Uint8Array.from(data.subarray(i * bytes, (i + 1) * bytes)),
  }));
  return {
    id: String(drawn.index).padStart(4, "0"), // as `figures` names its folder
    words: drawn.words,
    types: drawn.edits.map(({ type }) => type.name),
    before: before!,
    after: after!,
    query: query!,
    answer: answer!,
  };
}

/** Which cases to draw. */
export interface DrawCasesOptions
  extends
    Pick<CaseOptions, "split" | "seed" | "types" | "beyond" | "creature"> {
  /** Number of cases. */
  readonly count: number;
  /** Number of edits made at once, 1 to 3; 1 by default. */
  readonly compose?: number | undefined;
  /** Width and height of a picture in pixels, or one side for both; 64 by default. */
  readonly size?: number | Size | undefined;
}

/**
 * Cases of a split, drawn in memory: the first ones of a seed, none picked.
 *
 * @param options See {@linkcode DrawCasesOptions}.
 * @returns The cases.
 *
 * @throws {RangeError} If a number is out of range.
 *
 * @example Usage
 * ```ts
 * import { drawCases } from "@edit-transfer/evaluate";
 * import assert from "node:assert/strict";
 *
 * const cases = await drawCases({ split: "test", seed: 1, count: 2, compose: 2 });
 * assert.deepEqual(cases.map(({ types }) => types.length), [2, 2]);
 * ```
 */
export async function drawCases(
  options: DrawCasesOptions,
): Promise<AnsweredCase[]> {
  const { count, size, ...which } = options;
  const cases: AnsweredCase[] = [];
  for (let index = 0; index < count; index++) {
    const drawn = figureCase({ ...which, index });
    cases.push(await caseOf(drawn, { size }));
  }
  return cases;
}
