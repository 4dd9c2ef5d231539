import {
  earringsOf,
  glassesOf,
  hatOf,
  headbandOf,
  hoodOf,
} from "./draw_accessories.ts";
import { beardOf, eyesOf, maskOf, mouthOf, paintOf } from "./draw_face.ts";
import { frontHair } from "./draw_hair.ts";
import {
  pandaEars,
  pandaNose,
  pandaPatches,
  pandaProfileNose,
  pandaProfilePatch,
} from "./draw_panda.ts";
import { headSide } from "./head_side.ts";
import { INK, mix } from "./colour.ts";
import type { State } from "./state.ts";
import { ellipse, group, shape, stroke } from "./svg.ts";

const HEAD = 10;

function profile(state: State): string {
  const { skin, creature } = state.look;
  const isPanda = creature === "panda";
  const face = shape(
    "M-9.5 0Q-10 -10.3 0 -10.3Q8.6 -10 9 -3L11.8 2Q11.8 3.2 9.2 3.4L8.8 7.2Q7 10.4 1 10.3Q-9 9.5 -9.5 0Z",
    {
      fill: skin,
    },
  ) + (isPanda
    ? pandaProfilePatch(state) + pandaProfileNose()
    : ellipse([-2.4, 1.2], {
      rx: 1.8,
      ry: 2.4,
      fill: mix(skin, INK, 0.2),
      line: 0.8,
    }));
  const eye = state.eyes.open
    ? ellipse([5, -1.2], { rx: 1.7, ry: 2.3, fill: "#ffffff", line: 0.8 }) +
      ellipse([5.7, -1], { rx: 1, ry: 1.5, fill: INK, line: 0 })
    : stroke("M3.2 -1.2Q5 0 7 -1.2", { width: 1.2, colour: INK });
  const rest = stroke("M3.6 -5L7.6 -4.6", { width: 1.1, colour: INK }) +
    stroke("M5.4 6L8.8 5.6", { width: 1.2, colour: INK });
  return group(`scale(${headSide(state)} 1)`, face + eye + rest);
}

/** Head with everything on it; its middle is the origin. */
export function drawHead(state: State): string {
  if (headSide(state) !== 0) {
    const behind = state.look.creature === "panda" ? pandaEars(state) : "";
    return behind + profile(state) + frontHair(state) + headbandOf(state) +
      hoodOf(state, headSide(state)) +
      hatOf(state);
  }
  const { skin, creature } = state.look;
  const isPanda = creature === "panda";
  const dy = state.head.drop * 5.5;
  const ears = isPanda
    ? pandaEars(state)
    : ellipse([-10, 0.8 - dy * 0.5], { rx: 2, ry: 2.7, fill: skin }) +
      ellipse([10, 0.8 - dy * 0.5], { rx: 2, ry: 2.7, fill: skin });
  const blush = state.makeup === undefined || state.makeup.blush === 0
    ? ""
    : [-6.4, 6.4].map((x) =>
      `<circle cx="${x}" cy="${
        (3.4 + dy).toFixed(2)
      }" r="2.5" fill="#f0506e" fill-opacity="${state.makeup!.blush}"/>`
    ).join("");
  const long = state.mouth.kind === "open"
    ? Math.max(0, state.mouth.height - 5) * 0.3
    : 0;
  return ears +
    ellipse([0, long / 2], { rx: HEAD, ry: 10.6 + long / 2, fill: skin }) +
    blush + paintOf(state, dy) +
    (isPanda ? pandaPatches(state, dy) : "") +
    beardOf(state, dy) + eyesOf(state, dy) +
    (isPanda ? pandaNose(dy) : ellipse([0, 2.3 + dy], {
      rx: 1.1,
      ry: 0.9,
      fill: mix(skin, INK, 0.35),
      line: 0,
    })) +
    mouthOf(state, dy) + maskOf(state, dy) + frontHair(state) +
    headbandOf(state) + hoodOf(state, 0) + glassesOf(state, dy) +
    earringsOf(state) + hatOf(state);
}
