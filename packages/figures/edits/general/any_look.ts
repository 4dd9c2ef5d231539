import { BOTTOM, distance, DYE, SKIN } from "../../colour.ts";
import {
  BOTTOMS,
  BUILDS,
  contrasts,
  HAIR_STYLES,
  type Look,
  SHOES,
  splitOf,
} from "../../identity.ts";
import type { Random } from "../../random.ts";
import type { Framing } from "../../state.ts";
import { type EditType, editType } from "../edit_type.ts";

/** One to three parts of another figure's look; never the hair's colour or the background. */
export const anyLook: EditType = editType({
  name: "any-look",
  words: "with another look",
  framings: ["full", "portrait"],
  channels: ["top", "hair"],
  isGeneral: true,
  sample: lookOf,
  shows: ({ look }, parameters) => {
    const other = { ...look, ...parameters };
    const differs = (Object.keys(parameters) as (keyof Look)[]).every((part) =>
      isColour(part)
        ? distance(look[part], other[part]) > 60
        : look[part] !== other[part]
    );
    return differs && contrasts(other) && splitOf(other) === splitOf(look);
  },
  apply: (state, parameters) => ({
    ...state,
    look: { ...state.look, ...parameters },
  }),
});

function isColour(
  part: keyof Look,
): part is "top" | "skin" | "bottom" | "shoes" {
  return ["top", "skin", "bottom", "shoes"].includes(part);
}

/** Parts that show in a framing. */
function lookOf(
  random: Random,
  framing: Framing,
): Partial<Omit<Look, "creature">> {
  const portrait = {
    top: random.pick(Object.values(DYE)),
    skin: random.pick(Object.values(SKIN)),
    hairStyle: random.pick(HAIR_STYLES),
  };
  const full = {
    ...portrait,
    build: random.pick(BUILDS),
    bottom: random.pick(Object.values(BOTTOM)),
    bottomKind: random.pick(BOTTOMS),
    longSleeves: random.chance(0.5),
    shoes: random.pick(SHOES),
    floor: random.chance(0.5),
  };
  const parts = Object.entries(framing === "full" ? full : portrait);
  const count = random.pick([1, 1, 2, 3]);
  const chosen: [string, unknown][] = [];
  while (chosen.length < count) {
    chosen.push(...parts.splice(random.int(parts.length), 1));
  }
  const look: Partial<Omit<Look, "creature">> = Object.fromEntries(chosen);
  return clashes(look) ? lookOf(random, framing) : look;
}

/** Whether no figure would have contrast in it. */
function clashes(
  { top, skin, bottom }: Partial<Omit<Look, "creature">>,
): boolean {
  const near = (a?: string, b?: string) =>
    a !== undefined && b !== undefined && distance(a, b) <= 60;
  return near(top, skin) || near(top, bottom);
}
