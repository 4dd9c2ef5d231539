import {
  BACKGROUND,
  BOTTOM,
  type Colour,
  distance,
  DYE,
  HAIR,
  SKIN,
} from "./colour.ts";
import { createRandom, hashText, type Random } from "./random.ts";

/** Which identities a picture may show: no identity is in two splits. */
export type Split = "train" | "test" | "unseen";

/** All splits. */
export const SPLITS: readonly Split[] = ["train", "test", "unseen"];

/** Hair styles. */
export const HAIR_STYLES = [
  "short",
  "long",
  "bun",
  "curly",
  "spiky",
  "bald",
] as const;

/** Builds of a body. */
export const BUILDS = ["slim", "medium", "broad"] as const;

/** Garments on the legs. */
export const BOTTOMS = ["trousers", "shorts", "skirt"] as const;

/** What a figure looks like before any edit. */
export interface Look {
  /** What it is; a person, where it is left out. */
  readonly creature?: "panda" | undefined;
  /** Width of the body. */
  readonly build: typeof BUILDS[number];
  /** Skin colour. */
  readonly skin: Colour;
  /** Shape of the hair. */
  readonly hairStyle: typeof HAIR_STYLES[number];
  /** Hair colour. */
  readonly hair: Colour;
  /** Colour of the shirt. */
  readonly top: Colour;
  /** Whether sleeves reach the wrist. */
  readonly longSleeves: boolean;
  /** Garment on the legs. */
  readonly bottomKind: typeof BOTTOMS[number];
  /** Its colour. */
  readonly bottom: Colour;
  /** Colour of the shoes. */
  readonly shoes: Colour;
  /** Colour of the studio wall. */
  readonly background: Colour;
  /** Whether the floor shows as a darker band. */
  readonly floor: boolean;
}

/** A numbered figure of a split. */
export interface Identity {
  /** Split whose pictures may show it. */
  readonly split: Split;
  /** Number within the split. */
  readonly number: number;
  /** What it looks like. */
  readonly look: Look;
}

/** Colours of shoes. */
export const SHOES: readonly Colour[] = [
  "#2a2a30",
  "#8c3a1e",
  "#f2f2f0",
  "#c22a35",
  "#2d4a96",
];

function drawLook(random: Random): Look {
  const pick = (palette: Readonly<Record<string, Colour>>): Colour =>
    random.pick(Object.values(palette));
  return {
    build: random.pick(BUILDS),
    skin: pick(SKIN),
    hairStyle: random.pick(HAIR_STYLES),
    hair: pick(HAIR),
    top: pick(DYE),
    longSleeves: random.chance(0.5),
    bottomKind: random.pick(BOTTOMS),
    bottom: pick(BOTTOM),
    shoes: random.pick(SHOES),
    background: pick(BACKGROUND),
    floor: random.chance(0.4),
  };
}

/** Whether all parts of a look stand out from each other. */
export function contrasts(look: Look): boolean {
  const { background, skin, hair, top, bottom } = look;
  return distance(background, skin) > 60 && distance(background, hair) > 70 &&
    distance(background, top) > 80 && distance(background, bottom) > 70 &&
    distance(top, skin) > 60 && distance(top, bottom) > 60;
}

/** Split to which the combination of visible attributes belongs: 8, 1 and 1 in ten. */
export function splitOf(look: Look): Split {
  const { build, skin, hairStyle, hair, top, bottomKind, bottom, background } =
    look;
  const bucket = hashText(
    [build, skin, hairStyle, hair, top, bottomKind, bottom, background].join(),
  ) % 10;
  return bucket === 0 ? "test" : bucket === 1 ? "unseen" : "train";
}

/**
 * The figure with a number in a split.
 *
 * Splits are disjoint in the combinations of build, skin, hair, clothes and
 * background, so that a figure of one never looks like one of another.
 *
 * @param split Split to draw from.
 * @param number Number of the figure, an integer of at least 0.
 * @returns The figure, the same for the same arguments.
 * @throws {RangeError} If the number is not an integer of at least 0.
 *
 * @example Usage
 * ```ts
 * import { identity } from "@edit-transfer/figures";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(identity("test", 7), identity("test", 7));
 * ```
 */
export function identity(split: Split, number: number): Identity {
  if (!Number.isSafeInteger(number) || number < 0) {
    throw new RangeError(
      `Cannot draw an identity as its number must be an integer of at least 0: got ${number}`,
    );
  }
  const random = createRandom(["identity", split, number]);
  let look: Look;
  do look = drawLook(random); while (
    !contrasts(look) || splitOf(look) !== split
  );
  return { split, number, look };
}
