import { distance, DYE } from "../../colour.ts";
import type { Random } from "../../random.ts";
import type { State, Thing } from "../../state.ts";
import { type EditType, editType } from "../edit_type.ts";

const COLOURS = Object.values(DYE);

/** Coloured light on the whole picture, on a side of it or in a spot: switched on, or of another colour. */
export const anyLight: EditType = editType({
  name: "any-light",
  words: "in another light",
  framings: ["full", "portrait"],
  channels: ["scene"],
  isGeneral: true,
  sample: (random) => ({ isRecolour: random.chance(0.4), ...light(random) }),
  prepare: (state, { isRecolour }, random) =>
    isRecolour ? shine(state, light(random)) : state,
  shows: ({ things = [] }, { colour }) =>
    things.every((thing) => distance(thing.colour, colour) > 90),
  apply: (state, { isRecolour, colour, opacity, ...parameters }) =>
    isRecolour
      ? {
        ...state,
        things: (state.things ?? []).map((it) => ({ ...it, colour, opacity })),
      }
      : shine(state, { colour, opacity, ...parameters }),
});

function light(random: Random) {
  return {
    reach: random.pick(["all", "left", "right", "below", "spot"] as const),
    colour: random.pick(COLOURS),
    opacity: random.range(0.25, 0.65),
    size: random.range(0.4, 0.8),
    u: random.range(-0.3, 0.3),
    v: random.range(-0.3, 0.3),
  };
}

function shine(
  state: State,
  { reach, colour, opacity, size, u, v }: ReturnType<typeof light>,
): State {
  const { x, y, size: side } = state.camera;
  const [dx, dy] = {
    all: [0, 0],
    left: [-1 + u, 0],
    right: [1 + u, 0],
    below: [0, 1 + v],
    spot: [u, v],
  }[reach] as [number, number];
  const extent = (reach === "spot" ? size : 2) * side;
  const cone: Thing = {
    kind: reach === "spot" ? "disc" : "box",
    x: x + dx * side,
    y: y + dy * side,
    width: extent,
    height: extent,
    colour,
    opacity,
    isFront: true,
  };
  return { ...state, things: [cone] };
}
