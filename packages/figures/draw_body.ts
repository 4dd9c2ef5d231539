import { INK, mix } from "./colour.ts";
import { LEG, type Limb, type State } from "./state.ts";
import { ellipse, path, type Point, polyline, shape, stroke } from "./svg.ts";

/** Length of an upper arm and of a forearm. */
export const ARM = 13.5;

const WIDTHS = {
  slim: { shoulder: 9.4, hip: 4.8, arm: 5.4, leg: 6.8 },
  medium: { shoulder: 11.4, hip: 5.6, arm: 6.4, leg: 8 },
  broad: { shoulder: 14, hip: 6.8, arm: 7.4, leg: 9.4 },
} as const;

/** Widths of the body's parts. */
export function widthsOf(state: State): typeof WIDTHS[keyof typeof WIDTHS] {
  return WIDTHS[state.look.build];
}

/** −1 or 1 where the body is seen from the side, 0 from the front. */
export function sideOf(state: State): -1 | 0 | 1 {
  return state.facing === "front" ? 0 : state.facing === "left" ? -1 : 1;
}

/** Point given relative to the hips, turned with the trunk. */
export function onTrunk(state: State, [x, y]: Point): Point {
  const a = state.lean * Math.PI / 180;
  return [
    state.root.x + x * Math.cos(a) - y * Math.sin(a),
    state.root.y + x * Math.sin(a) + y * Math.cos(a),
  ];
}

/** Point `length` away, at an angle in degrees from straight down. */
export function step([x, y]: Point, angle: number, length: number): Point {
  const a = angle * Math.PI / 180;
  return [x + length * Math.sin(a), y + length * Math.cos(a)];
}

function joints(
  start: Point,
  limb: Limb,
  at: { sign: number; length: number },
): [Point, Point, Point] {
  const middle = step(
    start,
    at.sign * limb.upper,
    at.length * (limb.upperLength ?? 1),
  );
  const end = step(
    middle,
    at.sign * limb.lower,
    at.length * (limb.lowerLength ?? 1),
  );
  return [start, middle, end];
}

/** Colour of hands: skin, or dark fur. */
function pawOf({ look }: State): string {
  return look.creature === "panda" ? look.hair : look.skin;
}

/** Arm 0 (left of the picture, far from the viewer in side view) or 1. */
export function drawArm(state: State, index: 0 | 1, fill: string): string {
  const { longSleeves } = state.look;
  const skin = pawOf(state);
  const { shoulder, arm: width } = widthsOf(state);
  const side = sideOf(state);
  const sign = side === 0 ? (index === 0 ? -1 : 1) : side;
  const x = side === 0
    ? sign * (shoulder - 0.6)
    : index === 0
    ? side * 1.5
    : -side * 0.5;
  const [a, b, c] = joints(onTrunk(state, [x, -21.6]), state.arms[index], {
    sign,
    length: ARM,
  });
  const dim = side !== 0 && index === 0;
  const flesh = dim ? mix(skin, INK, 0.22) : skin;
  const palm = state.clap ? 0.8 : 0.6;
  const { gloves } = state.extras ?? {};
  const fist = gloves === undefined || !dim
    ? gloves ?? flesh
    : mix(gloves, INK, 0.22);
  const hand = ellipse(c, { rx: width * palm, fill: fist });
  return stroke(polyline([a, b, c]), { width: width + 1.5, colour: INK }) +
    hand +
    stroke(polyline([b, c]), { width, colour: longSleeves ? fill : flesh }) +
    stroke(polyline([a, b]), { width, colour: fill }) +
    (longSleeves ? "" : ellipse(b, { rx: width / 2, fill: fill, line: 0 })) +
    (state.clap ? hand : ellipse(c, { rx: width * 0.6, fill: fist, line: 0 }));
}

/** Leg 0 or 1 with its shoe, and the trousers on it. */
export function drawLeg(state: State, index: 0 | 1): string {
  const { skin, bottom, bottomKind, shoes } = state.look;
  const { hip, leg: width } = widthsOf(state);
  const side = sideOf(state);
  const sign = side === 0 ? (index === 0 ? -1 : 1) : side;
  const start: Point = [
    state.root.x + (side === 0 ? sign * hip : 0),
    state.root.y + 0.5,
  ];
  const [a, b, c] = joints(start, state.legs[index], { sign, length: LEG });
  const dim = (colour: string): string =>
    side !== 0 && index === 0 ? mix(colour, INK, 0.3) : colour;
  const flesh = dim(skin);
  const cloth = dim(bottom);
  const lower = state.legs[index].lower;
  const foot = side === 0
    ? ellipse([c[0] + sign * 1.4, c[1] + 0.8], {
      rx: 5,
      ry: 2.6,
      fill: dim(shoes),
    })
    : `<g transform="rotate(${(-side * lower).toFixed(2)} ${c[0].toFixed(2)} ${
      c[1].toFixed(2)
    })">${
      ellipse([c[0] + side * 2, c[1] + 0.8], {
        rx: 5.8,
        ry: 2.6,
        fill: dim(shoes),
      })
    }</g>`;
  return stroke(polyline([a, b, c]), { width: width + 1.5, colour: INK }) +
    stroke(polyline([b, c]), {
      width,
      colour: bottomKind === "trousers" ? cloth : flesh,
    }) +
    (bottomKind === "skirt"
      ? stroke(polyline([a, b]), { width, colour: flesh })
      : stroke(polyline([a, b]), { width, colour: cloth })) +
    foot;
}

/** Fist with its thumb up, beside the head. */
export function drawThumb(state: State): string {
  if (state.thumb === undefined) return "";
  const { side, x, y } = state.thumb;
  const { longSleeves, top, creature } = state.look;
  const skin = pawOf(state);
  const cx = 50 + side * x;
  const sleeve = longSleeves && creature === undefined ? top : skin;
  return stroke(path`M${cx + side * 1.5} ${y + 16}L${cx} ${y + 2}`, {
    width: 7.5,
    colour: INK,
  }) +
    stroke(path`M${cx + side * 1.5} ${y + 16}L${cx} ${y + 2}`, {
      width: 6,
      colour: sleeve,
    }) +
    stroke(path`M${cx - side * 2} ${y - 2}L${cx - side * 2.4} ${y - 6.6}`, {
      width: 4.4,
      colour: INK,
    }) +
    shape(
      path`M${cx - 4.6} ${y - 3}L${cx + 4.6} ${y - 3}L${cx + 4.6} ${y + 4.6}L${
        cx - 4.6
      } ${y + 4.6}Z`,
      { fill: skin },
    ) +
    stroke(path`M${cx - side * 2} ${y - 1.4}L${cx - side * 2.4} ${y - 6.6}`, {
      width: 3,
      colour: skin,
    }) +
    stroke(
      path`M${cx - side * 0.6} ${y - 0.4}L${cx + side * 4} ${y - 0.4}M${
        cx - side * 0.6
      } ${y + 2}L${cx + side * 4} ${y + 2}`,
      { width: 0.7, colour: INK },
    );
}
