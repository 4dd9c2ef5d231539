import {
  EDIT_TYPES,
  GENERAL_EDIT_TYPES,
  STYLE_EDIT_TYPES,
  UNSEEN_EDIT_TYPES,
} from "./edits/mod.ts";
import type { EditType, Parameters } from "./edits/edit_type.ts";
import { sampleBeyond } from "./beyond.ts";
import { editWords } from "./caption.ts";
import { pandaOf } from "./creature.ts";
import { type Identity, identity, type Split } from "./identity.ts";
import { createRandom, type Random } from "./random.ts";
import { type Framing, neutralState, type State } from "./state.ts";

/** Figures among which an edit must show on as many as an instance has. */
const TRIES = 5000;

/** An edit type with its parameters. */
export interface Edit {
  /** What is done. */
  readonly type: EditType;
  /** How it is done, which no caption tells. */
  readonly parameters: Parameters;
}

/** A figure before and after. */
export interface Pair {
  /** Who it is. */
  readonly identity: Identity;
  /** Before the edit. */
  readonly source: State;
  /** After the edit. */
  readonly edited: State;
}

/** One edit, with the same parameters, on several figures. */
export interface Instance {
  /** Caption words for all edits. */
  readonly words: string;
  /** The edits, in the order in which they are made. */
  readonly edits: readonly Edit[];
  /** Framing of all pictures. */
  readonly framing: Framing;
  /** Figures, each with another identity. */
  readonly pairs: readonly Pair[];
}

/** Which instance to draw. */
export interface InstanceOptions {
  /** Whose identities, and whether the edit types are those that training never shows. */
  readonly split: Split;
  /** Seed of the whole set. */
  readonly seed: number;
  /** Number of the instance in the set. */
  readonly index: number;
  /** Number of edits made at once; 1 by default. */
  readonly compose?: number | undefined;
  /** Number of figures; 2 by default. */
  readonly identities?: number | undefined;
  /** Names of types of the split, or of styles, that the first edit may have; all of the split by default. */
  readonly types?: readonly string[] | undefined;
  /** Whether the edit is a difference without a name, for training only; false by default. */
  readonly general?: boolean | undefined;
  /** Whether parameters lie beyond those that training shows; false by default. */
  readonly beyond?: boolean | undefined;
  /** What all figures but the first are; people by default. */
  readonly creature?: "panda" | undefined;
}

/**
 * The state with edits made one after the other.
 *
 * @param state What the picture shows before.
 * @param edits Edits in order.
 * @returns What it shows after them; `state` itself is unchanged.
 *
 * @example Usage
 * ```ts
 * import { applyEdits, figureCase } from "@edit-transfer/figures";
 * import assert from "node:assert/strict";
 *
 * const { query, edits, target } = figureCase({ split: "test", seed: 1, index: 0 });
 * assert.deepEqual(applyEdits(query, edits), target);
 * ```
 */
export function applyEdits(state: State, edits: readonly Edit[]): State {
  return edits.reduce(
    (before, { type, parameters }) => type.apply(before, parameters),
    state,
  );
}

function disjoint(a: EditType, b: EditType): boolean {
  return !a.channels.some((channel) => b.channels.includes(channel));
}

/** Types of a split, those of some names only. */
function typesOf(
  { split, types: only }: {
    split: Split;
    types: readonly string[] | undefined;
  },
): readonly EditType[] {
  const own = split === "unseen" ? UNSEEN_EDIT_TYPES : EDIT_TYPES;
  const all = only === undefined ? own : [...own, ...STYLE_EDIT_TYPES];
  const names = all.map(({ name }) => name);
  const unknown = only?.find((name) => !names.includes(name));
  if (unknown !== undefined || only?.length === 0) {
    throw new RangeError(
      `Cannot draw figures as types of the split "${split}" must be of ${
        names.join(", ")
      }: got ${unknown === undefined ? "none" : `"${unknown}"`}`,
    );
  }
  return all.filter(({ name }) => only?.includes(name) ?? true);
}

function drawTypes(
  random: Random,
  options: {
    split: Split;
    compose: number;
    types: readonly string[] | undefined;
    general: boolean;
  },
): {
  types: EditType[];
  framing: Framing;
} {
  const first = random.pick(
    options.general ? GENERAL_EDIT_TYPES : typesOf(options),
  );
  const framing = options.compose === 1 && !options.general
    ? first.framings[0]!
    : random.pick(first.framings);
  const others = options.general
    ? [...EDIT_TYPES, ...GENERAL_EDIT_TYPES]
    : EDIT_TYPES;
  const types = [first];
  while (types.length < options.compose) {
    const fitting = others.filter((type) =>
      type.framings.includes(framing) &&
      types.every((other) => disjoint(type, other))
    );
    if (fitting.length === 0) return drawTypes(random, options);
    types.push(random.pick(fitting));
  }
  const turns = (type: EditType): number =>
    type.channels.includes("view") ? 0 : 1;
  return { types: types.sort((a, b) => turns(a) - turns(b)), framing };
}

/**
 * One edit on several figures.
 *
 * @param options Split, seed and index name the instance; `compose` edits are
 * made at once on `identities` figures.
 * @returns The instance, the same for the same options.
 * @throws {RangeError} If `compose` is not 1, 2 or 3, a number is negative or
 * not an integer, or the split has no type of a name.
 * @throws {Error} If the edit shows on hardly any figure: a mistake in its type.
 *
 * @example Usage
 * ```ts
 * import { drawInstance } from "@edit-transfer/figures";
 * import assert from "node:assert/strict";
 *
 * const { pairs, edits } = drawInstance({ split: "train", seed: 1, index: 0, identities: 4 });
 * assert.equal(pairs.length, 4);
 * assert.equal(edits.length, 1);
 * ```
 */
export function drawInstance(options: InstanceOptions): Instance {
  const { split, seed, index, compose = 1, identities = 2 } = options;
  const { types: only, general = false, beyond = false, creature } = options;
  for (const [name, value] of Object.entries({ seed, index })) {
    if (Number.isSafeInteger(value) && value >= 0) continue;
    throw new RangeError(
      `Cannot draw a figure case as its ${name} must be an integer of at least 0: got ${value}`,
    );
  }
  if (![1, 2, 3].includes(compose)) {
    throw new RangeError(
      `Cannot draw a figure case as it composes 1 to 3 edits: got ${compose}`,
    );
  }
  const kind = general ? "general" : "instance";
  const random = createRandom([kind, split, seed, index, compose]);
  const { types, framing } = drawTypes(random, {
    split,
    compose,
    types: only,
    general,
  });
  const edits = types.map((type) => ({
    type,
    parameters: beyond
      ? sampleBeyond(type, random, framing)
      : type.sample(random, framing),
  }));
  const pairs: Pair[] = [];
  for (let tried = 0; pairs.length < identities; tried++) {
    if (tried === TRIES) {
      throw new Error(
        `Cannot draw ${
          types.map(({ name }) => name).join(" and ")
        } as it shows on ${pairs.length} of ${TRIES} figures: ${
          JSON.stringify(edits.map(({ parameters }) => parameters))
        }`,
      );
    }
    const drawn = identity(split, random.int(1e6));
    const person = creature !== undefined && pairs.length > 0
      ? pandaOf(drawn)
      : drawn;
    if (person === undefined) continue;
    const source = edits.reduce(
      (before, { type, parameters }) =>
        type.prepare?.(before, parameters, random) ?? before,
      neutralState(person, { framing, random }),
    );
    const shows = edits.every(({ type, parameters }) =>
      type.shows?.(source, parameters) ?? true
    );
    if (
      !shows || pairs.some((pair) => pair.identity.number === person.number)
    ) continue;
    pairs.push({ identity: person, source, edited: applyEdits(source, edits) });
  }
  return { words: editWords(types), edits, framing, pairs };
}
