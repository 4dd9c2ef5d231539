import { direction, type EditType, editType } from "./edit_type.ts";

/** Head hanging. */
export const loweredHead: EditType = editType({
  name: "lowered-head",
  words: "lowering the head",
  framings: ["portrait", "full"],
  channels: ["head"],
  sample: (random) => ({
    drop: random.range(0.55, 1.2),
    tilt: random.range(-16, 16),
  }),
  apply: (state, { drop, tilt }) => ({ ...state, head: { tilt, drop } }),
});

/** Head in profile. */
export const sidePortrait: EditType = editType({
  name: "side-portrait",
  words: "turning the face to the side",
  framings: ["portrait"],
  channels: ["head", "mouth", "eyes", "ears", "makeup"],
  sample: (random) => ({
    direction: direction(random),
    tilt: random.range(-14, 14),
  }),
  apply: (state, { direction, tilt }) => ({
    ...state,
    headFacing: direction,
    head: { tilt, drop: 0 },
  }),
});

/** Wide smile. */
export const smiling: EditType = editType({
  name: "smiling",
  words: "smiling",
  framings: ["portrait"],
  channels: ["mouth"],
  sample: (random) => ({
    width: random.range(9, 14),
    height: random.range(3, 6),
  }),
  apply: (state, { width, height }) => ({
    ...state,
    mouth: { kind: "smile", width, height },
    brow: 0.8,
  }),
});

/** Mouth wide open. */
export const shouting: EditType = editType({
  name: "shouting",
  words: "shouting",
  framings: ["portrait"],
  channels: ["mouth"],
  sample: (random) => ({
    width: random.range(5.5, 9.5),
    height: random.range(5, 8.5),
    brow: random.range(0.5, 2.5),
  }),
  apply: (state, { width, height, brow }) => ({
    ...state,
    mouth: { kind: "open", width, height },
    brow,
  }),
});

/** Both eyes shut. */
export const closingEyes: EditType = editType({
  name: "closing-eyes",
  words: "closing the eyes",
  framings: ["portrait"],
  channels: ["eyes"],
  sample: (random) => ({
    curve: random.range(-3.5, 3.5),
    brow: random.range(-1, 1.5),
  }),
  apply: (state, { curve, brow }) => ({
    ...state,
    eyes: { open: false, curve },
    brow,
  }),
});

/** Lips, lids and cheeks coloured. */
export const makeup: EditType = editType({
  name: "make-up",
  words: "wearing make-up",
  framings: ["portrait"],
  channels: ["makeup"],
  sample: (random) => ({
    lips: random.pick(["#d0143c", "#8c1470", "#f0508c", "#e8501e", "#5a1030"]),
    lids: random.pick(["#3c78e6", "#28aa78", "#a046dc", "#f078c8", "#f0aa28"]),
    blush: random.pick([0.3, 0.55, 0.8]),
  }),
  apply: (state, parameters) => ({ ...state, makeup: parameters }),
});

/** A thumb up beside the face. */
export const thumbsUp: EditType = editType({
  name: "thumbs-up",
  words: "making a thumbs-up gesture",
  framings: ["portrait"],
  channels: ["arms"],
  sample: (random) => ({
    side: random.int(2) * 2 - 1,
    x: random.range(14, 16.5),
    y: random.range(34, 41),
  }),
  apply: (state, { side, x, y }) => ({
    ...state,
    thumb: { side: side < 0 ? -1 : 1, x, y },
  }),
});

/** A beard. */
export const beard: EditType = editType({
  name: "beard",
  words: "with a beard",
  framings: ["portrait"],
  channels: ["hair"],
  sample: (random) => ({ length: random.range(0.5, 7) }),
  apply: (state, { length }) => ({ ...state, beard: length }),
});
