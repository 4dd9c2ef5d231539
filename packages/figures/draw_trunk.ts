import { INK, mix } from "./colour.ts";
import { sideOf, step, widthsOf } from "./draw_body.ts";
import { LEG, type State } from "./state.ts";
import { path, type Point, shape, stroke } from "./svg.ts";

/** Skirt over both thighs, or the seat of trousers. */
export function drawHips(state: State): string {
  const { bottom, bottomKind } = state.look;
  const { hip, leg } = widthsOf(state);
  const side = sideOf(state);
  const { x, y } = state.root;
  if (bottomKind !== "skirt") {
    const half = side === 0 ? hip + leg / 2 - 0.4 : leg / 2 + 0.6;
    return shape(
      path`M${x - half} ${y - 5}L${x + half} ${y - 5}L${x + half} ${y + 2.2}L${
        x - half
      } ${y + 2.2}Z`,
      {
        fill: bottom,
        line: 0,
      },
    );
  }
  const waist = side === 0 ? hip + leg / 2 - 0.6 : leg / 2 + 1.4;
  const ends = ([0, 1] as const).map((i): Point => {
    const sign = side === 0 ? (i === 0 ? -1 : 1) : side;
    const limb = state.legs[i];
    return step(
      [x + (side === 0 ? sign * hip : 0), y],
      sign * limb.upper,
      LEG * 0.85 * (limb.upperLength ?? 1),
    );
  }).sort((p, q) => p[0] - q[0]) as [Point, Point];
  const [p, q] = ends;
  const flat = Math.max(p[1], q[1], y + 7);
  const out = leg / 2 + 1.8;
  return shape(
    path`M${x - waist} ${y - 4}L${x + waist} ${y - 4}L${q[0] + out} ${
      Math.max(q[1], y + 4)
    }L${q[0] + out - 2} ${Math.max(q[1] + 2, y + 6)}Q${(p[0] + q[0]) / 2} ${
      flat + 2
    } ${p[0] - out + 2} ${Math.max(p[1] + 2, y + 6)}L${p[0] - out} ${
      Math.max(p[1], y + 4)
    }Z`,
    { fill: bottom },
  );
}

/** Belt and scarf, relative to the hips. */
function extrasOf({ extras = {} }: State, waist: number): string {
  const { belt, scarf } = extras;
  const band = belt === undefined ? "" : shape(
    path`M${-waist - 0.6} -6L${waist + 0.6} -6L${waist + 0.4} -1.8L${
      -waist - 0.4
    } -1.8Z`,
    { fill: belt },
  );
  if (scarf === undefined) return band;
  const loop = "M-6.4 -25.2Q0 -21.5 6.4 -25.2";
  return band + stroke(loop, { width: 6.4, colour: INK }) +
    stroke(loop, { width: 5, colour: scarf });
}

/** Shirt with the neck above it. */
export function drawTrunk(state: State, fill: string): string {
  const { skin, creature } = state.look;
  const { shoulder, hip, leg } = widthsOf(state);
  const side = sideOf(state);
  const top = side === 0 ? shoulder : shoulder * 0.62;
  const waist = side === 0 ? hip + leg / 2 - 0.2 : leg / 2 + 1.2;
  const turn = `rotate(${state.lean.toFixed(2)})`;
  const neck = shape("M-2.6 -30L2.6 -30L2.6 -21L-2.6 -21Z", {
    fill: mix(skin, INK, 0.15),
    line: 1.2,
  });
  const shirt = shape(
    path`M${-top + 2.5} -25L${top - 2.5} -25Q${top + 0.8} -24.5 ${
      top + 0.6
    } -20L${waist} -1.5L${-waist} -1.5L${-top - 0.6} -20Q${-top - 0.8} -24.5 ${
      -top + 2.5
    } -25Z`,
    { fill },
  );
  const collar = shape("M-3.2 -25.2Q0 -20.5 3.2 -25.2Z", {
    fill: skin,
    line: 0.9,
  });
  return `<g transform="translate(${state.root.x.toFixed(2)} ${
    state.root.y.toFixed(2)
  }) ${turn}">${neck}${shirt}${
    side === 0 && creature === undefined ? collar : ""
  }${extrasOf(state, waist)}</g>`;
}
