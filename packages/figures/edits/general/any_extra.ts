import { type Colour, distance, DYE } from "../../colour.ts";
import type { Look } from "../../identity.ts";
import type { Random } from "../../random.ts";
import type { Framing, State } from "../../state.ts";
import { type EditType, editType } from "../edit_type.ts";

/** What an extra's colour is taken from: the edit, or a part of the figure's own look. */
type Source = "edit" | "hair" | "top" | "bottom";

type Item = keyof NonNullable<State["extras"]>;

const ITEMS = {
  full: ["scarf", "gloves", "belt", "hood", "headband"],
  portrait: ["scarf", "paint", "hood", "mask", "headband"],
} as const satisfies Record<Framing, readonly Item[]>;

/** A scarf, gloves, a belt, a hood, a headband, a mask or a painted stripe on the face: put on, or on a figure that has one, in another colour. */
export const anyExtra: EditType = editType({
  name: "any-extra",
  words: "with something more",
  framings: ["full", "portrait"],
  channels: ["extras"],
  isGeneral: true,
  sample: (random, framing) => {
    const item = random.pick<Item>(ITEMS[framing]);
    return {
      item,
      isRecolour: random.chance(0.5),
      source: item === "mask" || random.chance(0.4)
        ? "edit" as const
        : random.pick(["hair", "top", "bottom"] as const),
      ...plain(random),
    };
  },
  prepare: (state, { item, isRecolour }, random) =>
    isRecolour ? wear(state, item, plain(random)) : state,
  shows: (state, { item, colour, source }) => {
    const worn = state.extras?.[item];
    const before = typeof worn === "object" ? worn.colour : worn;
    const after = colourOf(state.look, source, colour);
    const isBeard = item === "mask" &&
      [after, before ?? after].some((one) =>
        distance(one, state.look.hair) < 90
      );
    return !isBeard && (before === undefined || distance(before, after) > 60);
  },
  apply: (state, { item, colour, source, y, height }) => {
    const before = item === "paint" ? state.extras?.paint : undefined;
    return wear(state, item, {
      y: before?.y ?? y,
      height: before?.height ?? height,
      colour: colourOf(state.look, source, colour),
    });
  },
});

function colourOf(look: Look, source: Source, colour: Colour): Colour {
  return source === "edit" ? colour : look[source];
}

function plain(random: Random) {
  return {
    colour: random.pick(Object.values(DYE)),
    y: random.range(-8, 1),
    height: random.range(2, 5),
  };
}

function wear(
  state: State,
  item: Item,
  stripe: NonNullable<NonNullable<State["extras"]>["paint"]>,
): State {
  return {
    ...state,
    extras: {
      ...state.extras,
      [item]: item === "paint" ? stripe : stripe.colour,
    },
  };
}
