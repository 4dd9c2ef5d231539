import { type EditType, editType } from "../edit_type.ts";
import type { Limb, State } from "../../state.ts";
import { anyPose, isClear, standing } from "./any_pose.ts";

/** One or two limbs elsewhere, the others as they were, on figures of which half already stand in some pose. */
export const anyLimb: EditType = editType({
  name: "any-limb",
  words: "with limbs elsewhere",
  framings: ["full"],
  channels: ["view", "stance", "trunk", "arms"],
  isGeneral: true,
  sample: (random) => {
    const arm = random.range(-5, 165);
    const leg = random.range(-2, 36);
    return {
      limbs: random.pick(
        ["left", "right", "left", "right", "both"] as const,
      ),
      part: random.pick(["arms", "arms", "legs"] as const),
      arm,
      forearm: Math.min(arm + random.range(-60, 80), 178),
      leg,
      shin: leg + random.range(-55, 10),
    };
  },
  prepare: (state, _parameters, random) =>
    random.chance(0.5) ? state : {
      ...anyPose.apply(state, anyPose.sample(random, state.framing)),
      facing: "front",
      headFacing: "front",
    },
  shows: (state, parameters) => isClear(move(state, parameters)),
  apply: move,
});

function move(
  state: State,
  { limbs, part, arm, forearm, leg, shin }: {
    readonly limbs: "left" | "right" | "both";
    readonly part: "arms" | "legs";
    readonly arm: number;
    readonly forearm: number;
    readonly leg: number;
    readonly shin: number;
  },
): State {
  const limb: Limb = part === "arms"
    ? { upper: arm, lower: forearm }
    : { upper: leg, lower: shin };
  const [left, right] = state[part];
  const moved = [
    limbs === "right" ? left : limb,
    limbs === "left" ? right : limb,
  ] as const;
  if (part === "arms") return { ...state, arms: moved };
  return {
    ...state,
    legs: moved,
    root: { ...state.root, y: standing(moved) },
  };
}
