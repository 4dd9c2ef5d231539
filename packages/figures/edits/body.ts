import { GROUND, hipHeight } from "../state.ts";
import { direction, dye, type EditType, editType } from "./edit_type.ts";

/** Mid-stride, seen from the side. */
export const running: EditType = editType({
  name: "running",
  words: "running",
  framings: ["full"],
  channels: ["view", "stance", "trunk", "arms"],
  sample: (random) => ({
    direction: direction(random),
    stride: random.range(35, 60),
    lean: random.range(8, 20),
  }),
  apply: (state, { direction, stride, lean }) => ({
    ...state,
    facing: direction,
    headFacing: direction,
    lean: direction === "left" ? -lean : lean,
    root: { x: 50 + (direction === "left" ? 3 : -3), y: 61 },
    legs: [{ upper: -stride * 0.6, lower: -stride - 40 }, {
      upper: stride + 8,
      lower: -5,
    }],
    arms: [{ upper: stride, lower: stride + 75 }, {
      upper: -stride,
      lower: 40,
    }],
  }),
});

/** Off the ground. */
export const jumping: EditType = editType({
  name: "jumping",
  words: "jumping",
  framings: ["full"],
  channels: ["view", "stance", "arms"],
  sample: (random) => ({
    height: random.range(4.5, 9.5),
    spread: random.range(20, 55),
    arms: random.range(100, 145),
  }),
  apply: (state, { height, spread, arms }) => {
    const leg = { upper: spread, lower: spread - 70 };
    return {
      ...state,
      root: { x: state.root.x, y: 63.5 - height },
      legs: [leg, leg],
      arms: [{ upper: arms, lower: arms + 15 }, {
        upper: arms,
        lower: arms + 15,
      }],
    };
  },
});

/** Knees bent outwards, hips low. */
export const squat: EditType = editType({
  name: "squat",
  words: "squatting",
  framings: ["full"],
  channels: ["view", "stance"],
  sample: (random) => ({
    knee: random.range(52, 80),
    shin: random.range(10, 28),
  }),
  apply: (state, { knee, shin }) => {
    const leg = { upper: knee, lower: -shin };
    return {
      ...state,
      root: { ...state.root, y: GROUND - hipHeight(knee, shin) },
      legs: [leg, leg],
    };
  },
});

/** On a seat, seen from the side. */
export const sitting: EditType = editType({
  name: "sitting",
  words: "sitting",
  framings: ["full"],
  channels: ["view", "stance", "arms", "trunk"],
  sample: (random) => ({
    direction: direction(random),
    seat: dye(random),
    back: random.chance(0.5),
    knee: random.range(-8, 18),
  }),
  apply: (state, { direction, seat, back, knee }) => ({
    ...state,
    facing: direction,
    headFacing: direction,
    root: {
      x: 50 + (direction === "left" ? 5 : -5),
      y: GROUND - hipHeight(84, knee),
    },
    legs: [{ upper: 84, lower: knee + 6 }, { upper: 84, lower: knee }],
    arms: [{ upper: 20, lower: 62 }, { upper: 20, lower: 60 }],
    seat: { colour: seat, back },
  }),
});

/** Whole body turned to a side. */
export const sideView: EditType = editType({
  name: "side-view",
  words: "in a side view",
  framings: ["full"],
  channels: ["view"],
  sample: (random) => ({
    direction: direction(random),
    arms: random.range(0, 35),
    step: random.range(2, 16),
  }),
  apply: (state, { direction, arms, step }) => ({
    ...state,
    facing: direction,
    headFacing: direction,
    root: { ...state.root, y: GROUND - hipHeight(step, step) },
    legs: [{ upper: -step, lower: -step }, { upper: step, lower: step }],
    arms: [{ upper: arms, lower: arms + 12 }, {
      upper: -arms * 0.6,
      lower: -arms * 0.3 + 8,
    }],
  }),
});

/** Trunk bent to a side. */
export const leaning: EditType = editType({
  name: "leaning",
  words: "leaning to the side",
  framings: ["full"],
  channels: ["trunk", "view"],
  sample: (random) => ({
    lean: random.range(16, 32) * (random.chance(0.5) ? 1 : -1),
  }),
  apply: (state, { lean }) => ({ ...state, lean }),
});

/** One knee up. */
export const oneLeg: EditType = editType({
  name: "one-leg",
  words: "standing on one leg",
  framings: ["full"],
  channels: ["stance", "view"],
  sample: (random) => ({
    side: random.int(2),
    knee: random.range(50, 85),
    shin: random.range(-60, -10),
  }),
  apply: (state, { side, knee, shin }) => {
    const up = { upper: knee, lower: shin };
    const down = { upper: 0, lower: 0 };
    return {
      ...state,
      root: { ...state.root, y: GROUND - hipHeight(0, 0) },
      legs: side === 0 ? [up, down] : [down, up],
    };
  },
});
