import { distance, DYE, HAIR } from "../colour.ts";
import { dye, type EditType, editType } from "./edit_type.ts";

/** Glasses. */
export const glasses: EditType = editType({
  name: "glasses",
  words: "wearing glasses",
  framings: ["portrait"],
  channels: ["eyes"],
  sample: (random) => ({
    kind: random.pick(["round", "square"] as const),
    colour: random.pick([
      "#1c1a22",
      "#c81e28",
      "#1e50d2",
      "#0f8c50",
      "#8c28aa",
    ]),
    tint: random.pick([0, 0.35, 0.85]),
  }),
  apply: (state, parameters) => ({ ...state, glasses: parameters }),
});

/** Earrings. */
export const earrings: EditType = editType({
  name: "earrings",
  words: "wearing earrings",
  framings: ["portrait"],
  channels: ["ears"],
  sample: (random) => ({
    kind: random.pick(["hoop", "drop", "ball"] as const),
    colour: random.pick([
      "#ffd21e",
      "#e61e3c",
      "#1e8cf0",
      "#28be5a",
      "#f5f5fa",
      "#b43cdc",
    ]),
    size: random.range(2.2, 3.6),
  }),
  apply: (state, parameters) => ({ ...state, earrings: parameters }),
});

/** A hat. */
export const hat: EditType = editType({
  name: "hat",
  words: "wearing a hat",
  framings: ["portrait", "full"],
  channels: ["crown"],
  sample: (random) => ({
    kind: random.pick(["cap", "tophat", "beanie", "sunhat"] as const),
    colour: dye(random),
  }),
  apply: (state, parameters) => ({ ...state, hat: parameters }),
});

/** The shirt in another colour. */
export const clothingColour: EditType = editType({
  name: "clothing-colour",
  words: "in a shirt of another colour",
  framings: ["full"],
  channels: ["top"],
  sample: (random) => ({ colour: dye(random) }),
  shows: ({ look }, { colour }) =>
    distance(look.top, colour) > 90 && distance(look.background, colour) > 60,
  apply: (state, { colour }) => ({
    ...state,
    look: { ...state.look, top: colour },
  }),
});

/** A pattern on the shirt. */
export const clothingTexture: EditType = editType({
  name: "clothing-texture",
  words: "in a patterned shirt",
  framings: ["full"],
  channels: ["top"],
  sample: (random) => {
    const base = dye(random);
    return {
      kind: random.pick(
        ["striped", "vertical", "dotted", "checked", "camouflage"] as const,
      ),
      base,
      colour: random.pick(
        Object.values(DYE).filter((other) => distance(base, other) > 160),
      ),
      spacing: random.range(6.5, 10),
    };
  },
  apply: (state, { kind, base, colour, spacing }) => ({
    ...state,
    look: { ...state.look, top: base },
    texture: { kind, colour, spacing },
  }),
});

/** Hair in another colour. */
export const hairColour: EditType = editType({
  name: "hair-colour",
  words: "with hair of another colour",
  framings: ["portrait", "full"],
  channels: ["hair"],
  sample: (random) => ({
    colour: random.pick([
      ...Object.values(HAIR),
      "#2456c9",
      "#e650aa",
      "#2e9e45",
    ]),
  }),
  shows: ({ look }, { colour }) =>
    look.hairStyle !== "bald" && distance(look.hair, colour) > 90,
  apply: (state, { colour }) => ({
    ...state,
    look: { ...state.look, hair: colour },
  }),
});
