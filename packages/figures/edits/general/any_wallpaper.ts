import { distance, DYE } from "../../colour.ts";
import type { Random } from "../../random.ts";
import { type EditType, editType } from "../edit_type.ts";

const COLOURS = Object.values(DYE);

/** A pattern on the wall, or on a wall that has one, its marks in another colour. The wall's own colour stays. */
export const anyWallpaper: EditType = editType({
  name: "any-wallpaper",
  words: "with another wallpaper",
  framings: ["full", "portrait"],
  channels: ["scene"],
  isGeneral: true,
  sample: (random) => ({ isRecolour: random.chance(0.4), ...pattern(random) }),
  prepare: (state, { isRecolour }, random) =>
    isRecolour ? { ...state, wallpaper: pattern(random) } : state,
  shows: ({ look, wallpaper }, { colour }) =>
    distance(wallpaper?.colour ?? look.background, colour) > 90,
  apply: (state, { isRecolour, ...parameters }) => ({
    ...state,
    wallpaper: isRecolour && state.wallpaper !== undefined
      ? { ...state.wallpaper, colour: parameters.colour }
      : parameters,
  }),
});

function pattern(random: Random) {
  return {
    kind: random.pick(["striped", "vertical", "dotted", "checked"] as const),
    colour: random.pick(COLOURS),
    spacing: random.range(5, 16),
  };
}
