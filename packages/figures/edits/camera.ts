import { BACKGROUND, distance } from "../colour.ts";
import { type EditType, editType } from "./edit_type.ts";

/** Nearer. */
export const zoomIn: EditType = editType({
  name: "zoom-in",
  words: "in a zoomed-in view",
  framings: ["full"],
  channels: ["camera"],
  sample: (random) => ({ size: random.range(42, 70), y: random.range(28, 42) }),
  apply: (state, { size, y }) => ({ ...state, camera: { x: 50, y, size } }),
});

/** Another wall behind. */
export const backgroundColour: EditType = editType({
  name: "background-colour",
  words: "before a wall of another colour",
  framings: ["full", "portrait"],
  channels: ["background"],
  sample: (random) => ({ colour: random.pick(Object.values(BACKGROUND)) }),
  shows: ({ look }, { colour }) =>
    distance(look.background, colour) > 40 && distance(look.top, colour) > 60,
  apply: (state, { colour }) => ({
    ...state,
    look: { ...state.look, background: colour },
  }),
});
