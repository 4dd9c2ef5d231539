import { BACKGROUND, distance, DYE } from "../../colour.ts";
import type { Random } from "../../random.ts";
import type { State, Thing } from "../../state.ts";
import { type EditType, editType } from "../edit_type.ts";

const COLOURS = [...Object.values(DYE), ...Object.values(BACKGROUND)];
const KINDS = ["disc", "box", "triangle", "curtain", "rail"] as const;

/** Something behind or before the figure, small or from edge to edge, that comes, goes, moves or changes its colour. The wall stays in sight beside it. */
export const anyThing: EditType = editType({
  name: "any-thing",
  words: "with a thing changed",
  framings: ["full", "portrait"],
  channels: ["scene"],
  isGeneral: true,
  sample: (random) => ({
    how: random.pick(
      ["add", "remove", "recolour", "recolour", "move"] as const,
    ),
    ...place(random),
    dx: random.range(0.15, 0.5) * (random.chance(0.5) ? 1 : -1),
    dy: random.range(0, 0.3) * (random.chance(0.5) ? 1 : -1),
  }),
  prepare: (state, { how }, random) =>
    how === "add" ? state : { ...state, things: [thing(state, place(random))] },
  shows: ({ look, things = [] }, { how, colour }) => {
    const from = how === "recolour" ? things[0]!.colour : look.background;
    return how === "remove" || how === "move" || distance(from, colour) > 60;
  },
  apply: (state, { how, dx, dy, ...parameters }) => {
    const size = state.camera.size;
    const change = {
      add: (): Thing[] => [thing(state, parameters)],
      remove: (): Thing[] => [],
      recolour: (one: readonly Thing[]) =>
        one.map((it) => ({ ...it, colour: parameters.colour })),
      move: (one: readonly Thing[]) =>
        one.map((it) => ({ ...it, x: it.x + dx * size, y: it.y + dy * size })),
    }[how];
    return { ...state, things: change(state.things ?? []) };
  },
});

/** Kind, colour, and place and size in shares of the picture. */
function place(random: Random) {
  return {
    kind: random.pick(KINDS),
    colour: random.pick(COLOURS),
    u: random.range(-0.45, 0.45),
    v: random.range(-0.45, 0.45),
    width: random.range(0.15, 0.55),
    height: random.range(0.15, 0.55),
    isFront: random.chance(0.2),
  };
}

function thing(
  { camera }: State,
  { kind, u, v, width, height, colour, isFront }: ReturnType<typeof place>,
): Thing {
  const isThrough = kind === "curtain" || kind === "rail";
  return {
    kind: isThrough ? "box" : kind,
    colour,
    opacity: 1,
    x: camera.x + u * camera.size,
    y: camera.y + v * camera.size,
    width: (kind === "rail" ? 4 : width) * camera.size,
    height: (kind === "curtain" ? 4 : height) * camera.size,
    isFront: isFront && !isThrough,
  };
}
