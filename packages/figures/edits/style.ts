import { type EditType, editType } from "./edit_type.ts";

const WHOLE = {
  framings: ["full", "portrait"],
  channels: ["filter"],
} as const;

/** Hardly any colour. */
export const blackAndWhite: EditType = editType({
  ...WHOLE,
  name: "black-and-white",
  words: "in black and white",
  sample: (random) => ({ amount: random.range(0, 0.25) }),
  apply: (state, { amount }) => ({
    ...state,
    filter: { kind: "saturation", amount },
  }),
});

/** More colour. */
export const vividColours: EditType = editType({
  ...WHOLE,
  name: "vivid-colours",
  words: "in vivid colours",
  sample: (random) => ({ amount: random.range(2, 3.5) }),
  apply: (state, { amount }) => ({
    ...state,
    filter: { kind: "saturation", amount },
  }),
});

/** All hues turned. */
export const otherColours: EditType = editType({
  ...WHOLE,
  name: "other-colours",
  words: "in other colours",
  sample: (random) => ({ amount: random.range(70, 290) }),
  apply: (state, { amount }) => ({ ...state, filter: { kind: "hue", amount } }),
});
