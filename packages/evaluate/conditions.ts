import type { Image } from "@edit-transfer/image";
import {
  type Case,
  drawCases,
  type DrawCasesOptions,
  hasAnswer,
} from "./case.ts";
import type { EditCaseOptions, Editor } from "./editor.ts";
import { withSameTypeExample, withUnrelatedExample } from "./other_example.ts";

/** Sets of cases that conditions take from. */
export interface CaseSets {
  /** Seen types of edit on unseen figures. */
  seen(): Promise<readonly Case[]>;
  /** Two edits at once. */
  composed(): Promise<readonly Case[]>;
  /** Types of edit that training never shows. */
  unseen(): Promise<readonly Case[]>;
}

/**
 * The sets as drawn from a seed.
 *
 * @param options Split of the first set, `test` by default, number of cases of
 * each set, seed, and side of a picture in pixels.
 * @returns The sets; each is drawn when it is first asked for.
 *
 * @example Usage
 * ```ts
 * import { drawnSets } from "@edit-transfer/evaluate";
 * import assert from "node:assert/strict";
 *
 * const sets = drawnSets({ seed: 1, count: 2 });
 * assert.equal((await sets.composed())[0]!.types.length, 2);
 * ```
 */
export function drawnSets(
  options: Omit<DrawCasesOptions, "split" | "compose"> & {
    readonly split?: DrawCasesOptions["split"] | undefined;
  },
): CaseSets {
  const { split = "test" } = options;
  let seen: Promise<readonly Case[]> | undefined;
  return {
    seen: () => seen ??= drawCases({ ...options, split }),
    composed: () => drawCases({ ...options, split: "test", compose: 2 }),
    unseen: () => drawCases({ ...options, split: "unseen" }),
  };
}

/** A row of a report: which cases, and what answers them. */
export interface Condition {
  /** Short name, e.g. `"right"`. */
  readonly name: string;
  /** Name in reports. */
  readonly title: string;
  /** The cases, with the example that is shown. */
  cases(sets: CaseSets): Promise<readonly Case[]>;
  /** The output for one of them. */
  output(one: Case, editor: Editor, options: EditCaseOptions): Promise<Image>;
}

/** The conditions that a model is measured under, in the order of a report. */
export const CONDITIONS: readonly Condition[] = [
  {
    name: "right",
    title: "the example, seen types of edit",
    cases: (sets) => sets.seen(),
    output: (one, editor, options) => editor.edit(one, options),
  },
  {
    name: "same-type",
    title: "another example of the same type instead",
    cases: async (sets) => withSameTypeExample(await sets.seen()),
    output: (one, editor, options) => editor.edit(one, options),
  },
  {
    name: "unrelated",
    title: "an unrelated example instead",
    cases: async (sets) => withUnrelatedExample(await sets.seen()),
    output: (one, editor, options) => editor.edit(one, options),
  },
  {
    name: "no-words",
    title: "the example, without words",
    cases: (sets) => sets.seen(),
    output: (one, editor, options) =>
      editor.edit(one, { ...options, words: false }),
  },
  {
    name: "no-lora",
    title: "without the LoRA",
    cases: (sets) => sets.seen(),
    output: (one, editor, options) =>
      editor.edit(one, { ...options, lora: false }),
  },
  {
    name: "composed",
    title: "two edits at once",
    cases: (sets) => sets.composed(),
    output: (one, editor, options) => editor.edit(one, options),
  },
  {
    name: "unseen",
    title: "types of edit that training never showed",
    cases: (sets) => sets.unseen(),
    output: (one, editor, options) => editor.edit(one, options),
  },
  {
    name: "round-trip",
    title: "the answer through the autoencoder: the ceiling",
    cases: async (sets) => (await sets.seen()).filter(hasAnswer),
    output: ({ answer, query }, editor) => editor.reconstruct(answer ?? query),
  },
];
