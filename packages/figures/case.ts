import { gridCaption } from "./caption.ts";
import type { Identity, Split } from "./identity.ts";
import { drawInstance, type Edit, type InstanceOptions } from "./instance.ts";
import type { Framing, State } from "./state.ts";

/** An edit transfer task of which the answer is known. */
export interface FigureCase {
  /** Number of the case in its set. */
  readonly index: number;
  /** Words of the edits, as in "raising arms and wearing a hat". */
  readonly words: string;
  /** Four-panel caption with the words in it. */
  readonly caption: string;
  /** The edits with their parameters, in the order in which they are made. */
  readonly edits: readonly Edit[];
  /** Framing of all four pictures. */
  readonly framing: Framing;
  /** Figure of the example pair and figure of the query. */
  readonly identities: { readonly example: Identity; readonly query: Identity };
  /** Example before the edit: top-left panel. */
  readonly source: State;
  /** Example after the edit: top-right panel. */
  readonly edited: State;
  /** Picture to edit: bottom-left panel. */
  readonly query: State;
  /** The answer: the query's figure after the same edit, bottom-right panel. */
  readonly target: State;
}

/** Which case to draw. */
export interface CaseOptions
  extends Pick<InstanceOptions, "types" | "beyond" | "creature"> {
  /** Whose identities, and whether the edit types are those that training never shows. */
  readonly split: Split;
  /** Seed of the set. */
  readonly seed: number;
  /** Number of the case in the set. */
  readonly index: number;
  /** Number of edits made at once, 1 to 3; 1 by default. */
  readonly compose?: number | undefined;
  /** Caption template with `{edit}` in it; the reference's `subject` template by default. */
  readonly template?: string | undefined;
}

/** The four panels of a case in the order of a composite, row by row. */
export const CASE_PANELS = ["source", "edited", "query", "target"] as const;

/**
 * One edit transfer task: an example pair, and a query of another figure to
 * which the same edit with the same parameters is to be done.
 *
 * @param options Split, seed and index name the case.
 * @returns The case, the same for the same options.
 * @throws {RangeError} If `compose` is not 1, 2 or 3, or a number is negative
 * or not an integer.
 *
 * @example Usage
 * ```ts
 * import { figureCase } from "@edit-transfer/figures";
 * import assert from "node:assert/strict";
 *
 * const { words, caption, identities } = figureCase({ split: "test", seed: 1, index: 0 });
 * assert(caption.includes(words));
 * assert.notEqual(identities.example.number, identities.query.number);
 * ```
 */
export function figureCase(options: CaseOptions): FigureCase {
  const { template, ...which } = options;
  const { words, edits, framing, pairs } = drawInstance({
    ...which,
    identities: 2,
  });
  const [example, query] = pairs;
  return {
    index: options.index,
    words,
    caption: gridCaption(words, { template }),
    edits,
    framing,
    identities: { example: example!.identity, query: query!.identity },
    source: example!.source,
    edited: example!.edited,
    query: query!.source,
    target: query!.edited,
  };
}
