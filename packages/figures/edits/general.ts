import { BOTTOM, distance, DYE, SKIN } from "../colour.ts";
import {
  BOTTOMS,
  BUILDS,
  contrasts,
  HAIR_STYLES,
  type Look,
  splitOf,
} from "../identity.ts";
import type { Random } from "../random.ts";
import { GROUND, hipHeight, type Limb } from "../state.ts";
import { direction, type EditType, editType } from "./edit_type.ts";

// Standing on one leg, waving one arm and leaning are unseen types: poses keep clear of them. Angles in degrees.
const THIGHS_APART = 30;
const ARM_UP = 65;
const ARM_DOWN = 40;
const LEAN = 8;

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
  sample: (random) => {
    const arms = limbs(random, {
      upper: [-5, 165],
      bend: [-60, 80],
      fit: (a, b) => Math.max(a, b) < ARM_UP || Math.min(a, b) > ARM_DOWN,
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
    const hips = Math.max(
      ...legs.map(({ upper, lower }) => hipHeight(upper, lower)),
    );
    return {
      ...state,
      facing,
      headFacing: facing,
      armsInFront,
      lean,
      head: { ...state.head, tilt },
      root: { x: state.root.x + x, y: GROUND - hips },
      arms: [limbOf(parameters, "leftArm"), limbOf(parameters, "rightArm")],
      legs,
    };
  },
});

type Name = "leftArm" | "rightArm" | "leftLeg" | "rightLeg";
type Angles<N extends Name> = Record<`${N}Upper` | `${N}Lower`, number>;

function named<N extends Name>(name: N, { upper, lower }: Limb): Angles<N> {
  return { [`${name}Upper`]: upper, [`${name}Lower`]: lower } as Angles<N>;
}

function limbOf<N extends Name>(angles: Angles<N>, name: N): Limb {
  return { upper: angles[`${name}Upper`], lower: angles[`${name}Lower`] };
}

/** Clothes, build, skin and hair style of another figure, several at once; never the hair's colour or the background. */
export const anyLook: EditType = editType({
  name: "any-look",
  words: "with another look",
  framings: ["full", "portrait"],
  channels: ["top", "hair"],
  sample: anyLookOf,
  shows: ({ look }, parameters) => {
    const other = { ...look, ...parameters };
    const parts = ["top", "skin"] as const;
    return parts.some((part) => distance(look[part], other[part]) > 90) &&
      contrasts(other) && splitOf(other) === splitOf(look);
  },
  apply: (state, parameters) => ({
    ...state,
    look: { ...state.look, ...parameters },
  }),
});

/** Some of a look's parts, the shirt or the skin among them, that no figure would lack contrast for. */
function anyLookOf(random: Random): Partial<Look> {
  const all = {
    top: random.pick(Object.values(DYE)),
    longSleeves: random.chance(0.5),
    bottom: random.pick(Object.values(BOTTOM)),
    bottomKind: random.pick(BOTTOMS),
    skin: random.pick(Object.values(SKIN)),
    hairStyle: random.pick(HAIR_STYLES),
    build: random.pick(BUILDS),
  };
  const kept = Object.entries(all).filter(() => random.chance(0.45));
  const look: Partial<Look> = Object.fromEntries(kept);
  const { top, skin, bottom } = look;
  const near = (a?: string, b?: string) =>
    a !== undefined && b !== undefined && distance(a, b) <= 60;
  const isFit = (top !== undefined || skin !== undefined) &&
    !near(top, skin) && !near(top, bottom);
  return isFit ? look : anyLookOf(random);
}
