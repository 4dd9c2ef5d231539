import type { Colour } from "./colour.ts";
import type { Identity, Look } from "./identity.ts";
import type { Random } from "./random.ts";

/** How much of a figure a picture shows. */
export type Framing = "full" | "portrait";

/** Where something faces: to the viewer, or to the left or right of the picture. */
export type Facing = "front" | "left" | "right";

/**
 * An arm or a leg: two segments, each at an angle in degrees from straight
 * down, positive away from the body (front view) or forward (side view).
 */
export interface Limb {
  /** Angle of the upper arm or thigh. */
  readonly upper: number;
  /** Angle of the forearm or shin. */
  readonly lower: number;
  /** Share of the upper segment's length that shows. */
  readonly upperLength?: number | undefined;
  /** Share of the lower segment's length that shows. */
  readonly lowerLength?: number | undefined;
}

/** A pattern on the shirt. */
export interface Texture {
  /** Kind of pattern. */
  readonly kind: "striped" | "vertical" | "dotted" | "checked" | "camouflage";
  /** Colour of the marks. */
  readonly colour: Colour;
  /** Distance of two marks in units of a hundredth of a panel. */
  readonly spacing: number;
}

/** A flat shape in the scene, or light that falls on a part of it. Lengths in hundredths of a full-body panel. */
export interface Thing {
  /** Its outline. */
  readonly kind: "disc" | "box" | "triangle";
  /** Its middle. */
  readonly x: number;
  /** Its middle. */
  readonly y: number;
  /** Its width. */
  readonly width: number;
  /** Its height. */
  readonly height: number;
  /** Its colour. */
  readonly colour: Colour;
  /** 1 for a thing, less for light. */
  readonly opacity: number;
  /** Whether it is before the figure. */
  readonly isFront: boolean;
}

/** Everything that a picture of a figure shows. Lengths in hundredths of a full-body panel. */
export interface State {
  /** Appearance: that of the identity, unless an edit changed it. */
  readonly look: Look;
  /** Framing of the picture before any zoom. */
  readonly framing: Framing;
  /** Centre and side of the square that the camera sees. */
  readonly camera: {
    readonly x: number;
    readonly y: number;
    readonly size: number;
  };
  /** Where the body faces. */
  readonly facing: Facing;
  /** Where the head faces. */
  readonly headFacing: Facing;
  /** Middle of the hips. */
  readonly root: { readonly x: number; readonly y: number };
  /** Angle of the trunk in degrees, clockwise. */
  readonly lean: number;
  /** Arms, the one at the left of the picture first. */
  readonly arms: readonly [Limb, Limb];
  /** Whether arms pass in front of the head. */
  readonly armsInFront: boolean;
  /** Legs, the one at the left of the picture first. */
  readonly legs: readonly [Limb, Limb];
  /** Tilt in degrees, clockwise, and how far the head hangs: 0 not at all, 1 well. */
  readonly head: { readonly tilt: number; readonly drop: number };
  /** Shape of the mouth, sizes in units. */
  readonly mouth: {
    readonly kind: "neutral" | "smile" | "open";
    readonly width: number;
    readonly height: number;
  };
  /** How the eyes are: open, or closed along a curve (positive sags). */
  readonly eyes: { readonly open: boolean; readonly curve: number };
  /** How far brows are raised, in units. */
  readonly brow: number;
  /** Pattern on the shirt. */
  readonly texture?: Texture | undefined;
  /** Hat on the head. */
  readonly hat?: {
    readonly kind: "cap" | "tophat" | "beanie" | "sunhat";
    readonly colour: Colour;
  } | undefined;
  /** Glasses before the eyes. */
  readonly glasses?: {
    readonly kind: "round" | "square";
    readonly colour: Colour;
    readonly tint: number;
  } | undefined;
  /** Earrings. */
  readonly earrings?: {
    readonly kind: "hoop" | "drop" | "ball";
    readonly colour: Colour;
    readonly size: number;
  } | undefined;
  /** Make-up. */
  readonly makeup?: {
    readonly lips: Colour;
    readonly lids: Colour;
    readonly blush: number;
  } | undefined;
  /** Beard of the hair's colour, its length in units. */
  readonly beard?: number | undefined;
  /** Fist with its thumb up: side of the picture (−1 or 1) and height. */
  readonly thumb?: {
    readonly side: -1 | 1;
    readonly y: number;
    readonly x: number;
  } | undefined;
  /** Seat under the figure. */
  readonly seat?:
    | { readonly colour: Colour; readonly back: boolean }
    | undefined;
  /** What training pictures show beside the clothes: colours, and a stripe on the face with its place in the head. */
  readonly extras?: {
    readonly scarf?: Colour | undefined;
    readonly gloves?: Colour | undefined;
    readonly belt?: Colour | undefined;
    readonly headband?: Colour | undefined;
    readonly hood?: Colour | undefined;
    readonly mask?: Colour | undefined;
    readonly paint?: {
      readonly colour: Colour;
      readonly y: number;
      readonly height: number;
    } | undefined;
  } | undefined;
  /** Pattern on the wall, whose own colour stays between its marks. */
  readonly wallpaper?: Texture | undefined;
  /** What the whole picture's colours went through: hues turned by degrees, or a share of their saturation. */
  readonly filter?: {
    readonly kind: "hue" | "saturation";
    readonly amount: number;
  } | undefined;
  /** Things around the figure, and light. */
  readonly things?: readonly Thing[] | undefined;
  /** Whether marks around the hands show a clap. */
  readonly clap?: boolean | undefined;
}

/** Height of the ground in the full-body panel. */
export const GROUND = 93;

/** Length of a thigh and of a shin. */
export const LEG = 14.5;

/** Height of the hips over ground for two leg angles in degrees. */
export function hipHeight(upper: number, lower: number): number {
  const cos = (degrees: number): number => Math.cos(degrees * Math.PI / 180);
  return LEG * (cos(upper) + cos(lower)) + 1;
}

/**
 * A figure at rest: standing, arms down, looking at the viewer, with the
 * little differences in stance that keep two pictures from being aligned.
 *
 * @param identity The figure.
 * @param options Framing, and the randomness of the stance.
 * @returns The state.
 *
 * @example Usage
 * ```ts
 * import { createRandom, identity, neutralState } from "@edit-transfer/figures";
 * import assert from "node:assert/strict";
 *
 * const random = createRandom(["stance"]);
 * const state = neutralState(identity("train", 0), { framing: "portrait", random });
 * assert.equal(state.mouth.kind, "neutral");
 * ```
 */
export function neutralState(
  identity: Identity,
  options: { readonly framing: Framing; readonly random: Random },
): State {
  const { framing, random } = options;
  const arm = random.range(8, 18);
  const bend = random.range(-6, 4);
  const leg = random.range(3, 9);
  const x = 50 + random.range(-2, 2);
  return {
    look: identity.look,
    framing,
    camera: framing === "full"
      ? { x: 50, y: 50, size: 100 }
      : { x: 50, y: 27 + random.range(-0.8, 0.8), size: 46 },
    facing: "front",
    headFacing: "front",
    root: {
      x: framing === "full" ? x : 50 + (x - 50) * 0.5,
      y: GROUND - hipHeight(leg, leg / 2),
    },
    lean: 0,
    arms: [
      { upper: arm, lower: arm + bend },
      { upper: arm + random.range(-3, 3), lower: arm + bend },
    ],
    armsInFront: false,
    legs: [{ upper: leg, lower: leg / 2 }, { upper: leg, lower: leg / 2 }],
    head: { tilt: random.range(-3, 3), drop: 0 },
    mouth: { kind: "neutral", width: 4.5, height: 1 },
    eyes: { open: true, curve: 1 },
    brow: 0,
  };
}
