import { type EditType, editType } from "../edit_type.ts";

/** All colours of the picture through a filter. */
export const anyFilter: EditType = editType({
  name: "any-filter",
  words: "through a filter",
  framings: ["full", "portrait"],
  channels: ["filter"],
  isGeneral: true,
  sample: (random) => {
    const kind = random.pick(["hue", "hue", "saturation"] as const);
    return {
      kind,
      amount: kind === "hue" ? random.range(40, 320) : random.range(0, 0.4),
    };
  },
  apply: (state, filter) => ({ ...state, filter }),
});
