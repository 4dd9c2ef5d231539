import { ARM, widthsOf } from "../draw_body.ts";
import type { Limb, State } from "../state.ts";
import { type EditType, editType } from "./edit_type.ts";

/** Forearm length at which the hands of a figure meet `gap` beside its middle. */
function reach(state: State, limb: Limb, gap: number): Limb {
  const sin = (degrees: number): number => Math.sin(degrees * Math.PI / 180);
  const elbow = widthsOf(state).shoulder - 0.6 + ARM * sin(limb.upper);
  return { ...limb, lowerLength: (elbow - gap) / (ARM * sin(-limb.lower)) };
}

/** Both arms up. */
export const raisingArms: EditType = editType({
  name: "raising-arms",
  words: "raising arms",
  framings: ["full"],
  channels: ["arms"],
  sample: (random) => ({
    angle: random.range(95, 160),
    bend: random.range(-15, 30),
  }),
  apply: (state, { angle, bend }) => {
    const limb = { upper: angle, lower: Math.min(angle + bend, 178) };
    return { ...state, arms: [limb, limb] };
  },
});

/** Hands together before the chest or the face. */
export const clappingHands: EditType = editType({
  name: "clapping-hands",
  words: "clapping hands",
  framings: ["full"],
  channels: ["arms", "view", "trunk"],
  sample: (random) => ({
    upper: random.range(15, 60),
    lift: random.range(92, 125),
  }),
  apply: (state, { upper, lift }) => {
    const limb = reach(state, { upper, lower: -lift }, 1.6);
    return { ...state, arms: [limb, limb], armsInFront: true, clap: true };
  },
});

/** Forearms crossed before the chest. */
export const crossingArms: EditType = editType({
  name: "crossing-arms",
  words: "crossing arms",
  framings: ["full"],
  channels: ["arms", "view", "trunk"],
  sample: (random) => ({
    upper: random.range(8, 28),
    lift: random.range(78, 112),
  }),
  apply: (state, { upper, lift }) => {
    const limb = reach(state, { upper, lower: -lift }, -5);
    return { ...state, arms: [limb, limb], armsInFront: true };
  },
});

/** One arm up, beside the head. */
export const wavingArm: EditType = editType({
  name: "waving-arm",
  words: "waving one arm",
  framings: ["full"],
  channels: ["arms"],
  sample: (random) => ({
    side: random.int(2),
    angle: random.range(80, 120),
    bend: random.range(25, 60),
  }),
  apply: (state, { side, angle, bend }) => {
    const limb = { upper: angle, lower: Math.min(angle + bend, 178) };
    return {
      ...state,
      arms: side === 0 ? [limb, state.arms[1]] : [state.arms[0], limb],
    };
  },
});
