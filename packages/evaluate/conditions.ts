import {
  EDIT_TYPES,
  type EditType,
  hasBeyond,
  STYLE_EDIT_TYPES,
} from "@edit-transfer/figures";
import type { Image } from "@edit-transfer/image";
import {
  type Case,
  drawCases,
  type DrawCasesOptions,
  hasAnswer,
} from "./case.ts";
import type { EditCaseOptions, Editor } from "./editor.ts";
import {
  withSameTypeExample,
  withUnrelatedExample,
  withWrongWords,
} from "./other_example.ts";

/** What a drawn set differs in from the first one. */
export type DrawnSet = Partial<
  Pick<
    DrawCasesOptions,
    "split" | "compose" | "types" | "beyond" | "creature"
  >
>;

/** Sets of cases that conditions take from. */
export interface CaseSets {
  /** Seen types of edit on unseen figures. */
  seen(): Promise<readonly Case[]>;
  /** Other drawn cases, as many and as large. */
  drawn(which: DrawnSet): Promise<readonly Case[]>;
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
 * assert.equal((await sets.drawn({ compose: 2 }))[0]!.types.length, 2);
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
    drawn: (which) => drawCases({ ...options, split: "test", ...which }),
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

const edited: Condition["output"] = (one, editor, options) =>
  editor.edit(one, options);

/** The conditions that a model is measured under, in the order of a report. */
export const CONDITIONS: readonly Condition[] = [
  {
    name: "right",
    title: "the example, seen types of edit",
    cases: (sets) => sets.seen(),
    output: edited,
  },
  {
    name: "same-type",
    title: "another example of the same type instead",
    cases: async (sets) => withSameTypeExample(await sets.seen()),
    output: edited,
  },
  {
    name: "unrelated",
    title: "an unrelated example instead",
    cases: async (sets) => withUnrelatedExample(await sets.seen()),
    output: edited,
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
    cases: (sets) => sets.drawn({ compose: 2 }),
    output: edited,
  },
  {
    name: "unseen",
    title: "types of edit that training never showed",
    cases: (sets) => sets.drawn({ split: "unseen" }),
    output: edited,
  },
  {
    name: "round-trip",
    title: "the answer through the autoencoder: the ceiling",
    cases: async (sets) => (await sets.seen()).filter(hasAnswer),
    output: ({ answer, query }, editor) => editor.reconstruct(answer ?? query),
  },
];

/** Types of edit that show on a panda, which has neither clothes nor hair. */
const OF_CREATURES = namesOf(
  EDIT_TYPES.filter(({ channels }) =>
    !channels.some((one) => ["top", "ears", "makeup", "hair"].includes(one))
  ),
);

const WITH_BEYOND = namesOf(EDIT_TYPES.filter(hasBeyond));

function namesOf(types: readonly EditType[]): string[] {
  return types.map(({ name }) => name);
}

/** Conditions that ablations ask for besides {@linkcode CONDITIONS}. */
export const MORE_CONDITIONS: readonly Condition[] = [
  {
    name: "wrong-words",
    title: "the example, with words of another edit",
    cases: async (sets) => withWrongWords(await sets.seen()),
    output: ({ told, ...one }, editor, options) =>
      editor.edit({ ...one, words: told ?? one.words }, options),
  },
  {
    name: "within",
    title: "the same types, parameters as in training",
    cases: (sets) => sets.drawn({ types: WITH_BEYOND }),
    output: edited,
  },
  {
    name: "beyond",
    title: "parameters beyond those of training",
    cases: (sets) => sets.drawn({ types: WITH_BEYOND, beyond: true }),
    output: edited,
  },
  {
    name: "person",
    title: "the same types, done to a person",
    cases: (sets) => sets.drawn({ types: OF_CREATURES }),
    output: edited,
  },
  {
    name: "creature",
    title: "a person's edit done to a panda",
    cases: (sets) => sets.drawn({ types: OF_CREATURES, creature: "panda" }),
    output: edited,
  },
  {
    name: "appearance",
    title: "appearance, seen types: clothes, make-up",
    cases: (sets) =>
      sets.drawn({
        types: ["clothing-colour", "clothing-texture", "make-up"],
      }),
    output: edited,
  },
  {
    name: "unseen-appearance",
    title: "appearance, types never shown: hair, wall",
    cases: (sets) =>
      sets.drawn({
        split: "unseen",
        types: ["hair-colour", "background-colour"],
      }),
    output: edited,
  },
  {
    name: "style",
    title: "style of the whole picture, types never named",
    cases: (sets) => sets.drawn({ types: namesOf(STYLE_EDIT_TYPES) }),
    output: edited,
  },
];

/** Conditions of the paper's ablations and discussion that need no training. */
export const SUITES: Readonly<Record<string, readonly string[]>> = {
  "fine-tuning": ["right", "no-lora"],
  "words": ["right", "no-words", "wrong-words"],
  "parameters": ["within", "beyond"],
  "composed": ["right", "composed"],
  "creatures": ["person", "creature"],
  "appearance": ["appearance", "unseen-appearance", "style"],
};
