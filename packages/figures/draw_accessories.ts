import { INK, mix } from "./colour.ts";
import type { State } from "./state.ts";
import { headSide } from "./head_side.ts";
import { ellipse, path, shape, stroke } from "./svg.ts";

/** Glasses before the eyes. */
export function glassesOf(state: State, dy: number): string {
  if (state.glasses === undefined) return "";
  const { kind, colour, tint } = state.glasses;
  const y = -0.4 + dy;
  const lens = (x: number): string => {
    const common =
      `fill="${colour}" fill-opacity="${tint}" stroke="${colour}" stroke-width="1.5"`;
    return kind === "round"
      ? `<circle cx="${x}" cy="${y.toFixed(2)}" r="3.7" ${common}/>`
      : `<rect x="${x - 3.8}" y="${
        (y - 2.9).toFixed(2)
      }" width="7.6" height="5.8" ${common}/>`;
  };
  return lens(-4.6) + lens(4.6) +
    stroke(path`M-8.2 ${y}L-10.4 ${y - 1}M8.2 ${y}L10.4 ${y - 1}`, {
      width: 1.5,
      colour,
    });
}

/** Earrings below both ears. */
export function earringsOf(state: State): string {
  if (state.earrings === undefined) return "";
  const { kind, colour, size } = state.earrings;
  return [-11, 11].map((x) =>
    kind === "hoop"
      ? stroke(path`M${x} 3.6A${size} ${size} 0 1 1 ${x - 0.01} 3.6`, {
        width: 2.6,
        colour: INK,
      }) +
        stroke(path`M${x} 3.6A${size} ${size} 0 1 1 ${x - 0.01} 3.6`, {
          width: 1.5,
          colour,
        })
      : kind === "ball"
      ? ellipse([x, 3.6 + size], { rx: size, fill: colour, line: 0.8 })
      : shape(
        path`M${x} 3L${x + size * 0.8} ${3 + size * 2.2}L${x - size * 0.8} ${
          3 + size * 2.2
        }Z`,
        {
          fill: colour,
          line: 0.8,
        },
      )
  ).join("");
}

/** Hat on the head. */
export function hatOf(state: State): string {
  if (state.hat === undefined) return "";
  const { kind, colour } = state.hat;
  const side = headSide(state);
  const y = -5 + state.head.drop * 4;
  const band = mix(colour, INK, 0.45);
  if (kind === "tophat") {
    return shape(path`M-7.5 ${y}L-8.3 ${y - 10.5}L8.3 ${y - 10.5}L7.5 ${y}Z`, {
      fill: colour,
    }) +
      shape(path`M-7.6 ${y - 1}L-7.8 ${y - 4}L7.8 ${y - 4}L7.6 ${y - 1}Z`, {
        fill: band,
        line: 0,
      }) +
      shape(path`M-14 ${y - 1.2}L14 ${y - 1.2}L14 ${y + 1.4}L-14 ${y + 1.4}Z`, {
        fill: colour,
      });
  }
  if (kind === "beanie") {
    return shape(
      path`M-11.2 ${y + 1}Q-11.5 ${y - 10} 0 ${y - 10.5}Q11.5 ${y - 10} 11.2 ${
        y + 1
      }Z`,
      {
        fill: colour,
      },
    ) +
      shape(path`M-12 ${y - 2.5}L12 ${y - 2.5}L12 ${y + 2}L-12 ${y + 2}Z`, {
        fill: band,
      }) +
      ellipse([0, y - 11.5], { rx: 3.2, fill: band });
  }
  if (kind === "sunhat") {
    return shape(
      path`M-9 ${y}Q-9.5 ${y - 10} 0 ${y - 10}Q9.5 ${y - 10} 9 ${y}Z`,
      { fill: colour },
    ) +
      ellipse([0, y], { rx: 18, ry: 3.2, fill: colour }) +
      stroke(path`M-9 ${y - 3}Q0 ${y - 1.2} 9 ${y - 3}`, {
        width: 2,
        colour: band,
      });
  }
  const bill = side === 0
    ? path`M-11 ${y - 1}Q0 ${y - 4} 11 ${y - 1}Q9 ${y + 3.4} 0 ${y + 3.4}Q-9 ${
      y + 3.4
    } -11 ${y - 1}Z`
    : path`M0 ${y - 1.5}L${side * 17} ${y - 0.5}L${side * 17} ${y + 1.8}L0 ${
      y + 1.5
    }Z`;
  return shape(
    path`M-11.2 ${y + 0.5}Q-12 ${y - 9.5} 0 ${y - 9.5}Q12 ${y - 9.5} 11.2 ${
      y + 0.5
    }Z`,
    {
      fill: colour,
    },
  ) + shape(bill, { fill: band });
}

/** Hood around the face. */
export function hoodOf({ extras = {} }: State, side: -1 | 0 | 1): string {
  if (extras.hood === undefined) return "";
  const x = side * 3.4;
  return shape(
    path`M-13.4 1A13.4 14 0 1 1 13.4 1Q13 13 0 14Q-13 13 -13.4 1ZM${
      x - 8.6
    } 1A8.6 8.4 0 0 0 ${x + 8.6} 1A8.6 8 0 0 0 ${x - 8.6} 1Z`,
    { fill: extras.hood },
  );
}

/** Band across the hair. */
export function headbandOf({ extras = {} }: State): string {
  if (extras.headband === undefined) return "";
  const band = "M-11.4 -3.5Q-7 -8.6 0 -8.6Q7 -8.6 11.4 -3.5";
  return stroke(band, { width: 5, colour: INK }) +
    stroke(band, { width: 3.6, colour: extras.headband });
}
