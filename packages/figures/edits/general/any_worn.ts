import { isDeepStrictEqual } from "node:util";
import { type EditType, editType, type Parameters } from "../edit_type.ts";
import { makeup } from "../face.ts";
import type { State } from "../../state.ts";
import { earrings, glasses, hat } from "../worn.ts";

const ITEMS = { hat, glasses, earrings, makeup };

type Item = keyof typeof ITEMS;

/** Another hat, pair of glasses, earrings or make-up in the place of what a figure wears, or nothing. */
export const anyWorn: EditType = editType({
  name: "any-worn",
  words: "wearing something else",
  framings: ["portrait", "full"],
  channels: ["crown", "ears", "makeup", "eyes"],
  isGeneral: true,
  sample: (random, framing) => {
    const item: Item = framing === "full"
      ? "hat"
      : random.pick(Object.keys(ITEMS) as Item[]);
    return {
      item,
      off: random.chance(0.3),
      ...ITEMS[item].sample(random, framing),
    };
  },
  prepare: (state, { item }, random) =>
    Object.entries(ITEMS).reduce(
      (before, [name, type]) =>
        name === item || random.chance(0.3)
          ? type.apply(before, type.sample(random, state.framing))
          : before,
      state,
    ),
  shows: (state, parameters) =>
    !isDeepStrictEqual(
      state[parameters.item],
      wear(state, parameters)[parameters.item],
    ),
  apply: wear,
});

function wear(
  state: State,
  { item, off, ...parameters }: Parameters & {
    readonly item: Item;
    readonly off: boolean;
  },
): State {
  const { [item]: _, ...rest } = state;
  return off ? rest : ITEMS[item].apply(state, parameters);
}
