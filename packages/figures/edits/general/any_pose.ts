import type { Random } from "../../random.ts";
import { GROUND, hipHeight, type Limb, type State } from "../../state.ts";
import { direction, type EditType, editType } from "../edit_type.ts";

// Angles in degrees.
const THIGHS_APART = 30;
const ARM_UP = 65;
const ARM_DOWN = 40;
const LEAN = 8;

/** Whether a pose keeps clear of the unseen types: no single arm up, no single knee up, no bent trunk. */
export function isClear({ arms, legs, lean }: State): boolean {
  return together(arms[0].upper, arms[1].upper) &&
    Math.abs(legs[0].upper - legs[1].upper) < THIGHS_APART &&
    Math.abs(lean) <= LEAN;
}

function together(arm: number, other: number): boolean {
  return Math.max(arm, other) < ARM_UP || Math.min(arm, other) > ARM_DOWN;
}

/** Two arms or two legs whose upper angles fit together. */
function limbs(
  random: Random,
  { upper, bend, fit }: {
    readonly upper: readonly [number, number];
    readonly bend: readonly [number, number];
    readonly fit: (left: number, right: number) => boolean;
  },
): [Limb, Limb] {
  const left = random.range(...upper);
  const right = random.range(...upper);
  if (!fit(left, right)) return limbs(random, { upper, bend, fit });
  const limb = (angle: number): Limb => ({
    upper: angle,
    lower: Math.min(angle + random.range(...bend), 178),
  });
  return [limb(left), limb(right)];
}

/** Limbs at any angles, but for a single arm up, a single knee up and a bent trunk. */
export const anyPose: EditType = editType({
  name: "any-pose",
  words: "in another pose",
  framings: ["full"],
  channels: ["view", "stance", "trunk", "arms"],
  isGeneral: true,
  sample: (random) => {
    const arms = limbs(random, {
      upper: [-5, 165],
      bend: [-60, 80],
      fit: together,
    });
    const legs = limbs(random, {
      upper: [-2, 42],
      bend: [-55, 10],
      fit: (a, b) => Math.abs(a - b) < THIGHS_APART,
    });
    return {
      facing: random.chance(0.75) ? "front" as const : direction(random),
      armsInFront: random.chance(0.3),
      lean: random.range(-LEAN, LEAN),
      tilt: random.range(-10, 10),
      x: random.range(-6, 6),
      ...named("leftArm", arms[0]),
      ...named("rightArm", arms[1]),
      ...named("leftLeg", legs[0]),
      ...named("rightLeg", legs[1]),
    };
  },
  apply: (state, parameters) => {
    const { facing, armsInFront, lean, tilt, x } = parameters;
    const legs = [
      limbOf(parameters, "leftLeg"),
      limbOf(parameters, "rightLeg"),
    ] as const;
    return {
      ...state,
      facing,
      headFacing: facing,
      armsInFront,
      lean,
      head: { ...state.head, tilt },
      root: { x: state.root.x + x, y: standing(legs) },
      arms: [limbOf(parameters, "leftArm"), limbOf(parameters, "rightArm")],
      legs,
    };
  },
});

/** Height of the hips in the picture where the lower foot is on the ground. */
export function standing(legs: State["legs"]): number {
  return GROUND -
    Math.max(...legs.map(({ upper, lower }) => hipHeight(upper, lower)));
}

type Name = "leftArm" | "rightArm" | "leftLeg" | "rightLeg";
type Angles<N extends Name> = Record<`${N}Upper` | `${N}Lower`, number>;

function named<N extends Name>(name: N, { upper, lower }: Limb): Angles<N> {
  return { [`${name}Upper`]: upper, [`${name}Lower`]: lower } as Angles<N>;
}

function limbOf<N extends Name>(angles: Angles<N>, name: N): Limb {
  return { upper: angles[`${name}Upper`], lower: angles[`${name}Lower`] };
}
