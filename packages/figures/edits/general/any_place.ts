import { type EditType, editType } from "../edit_type.ts";

/** Further left or right, nearer or farther, the head at another tilt. */
export const anyPlace: EditType = editType({
  name: "any-place",
  words: "in another place",
  framings: ["full", "portrait"],
  channels: ["camera", "head"],
  isGeneral: true,
  sample: (random) => ({
    dx: random.range(0.06, 0.2) * (random.chance(0.5) ? 1 : -1),
    scale: random.pick([1, random.range(0.8, 1.3)]),
    tilt: random.pick([0, random.range(-18, 18)]),
  }),
  apply: (state, { dx, scale, tilt }) => {
    const { x, y, size } = state.camera;
    return {
      ...state,
      camera: { x: x + dx * size, y, size: size * scale },
      head: { ...state.head, tilt: state.head.tilt + tilt },
    };
  },
});
