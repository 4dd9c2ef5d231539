import { INK, mix } from "./colour.ts";
import { sideOf } from "./draw_body.ts";
import { GROUND, type State } from "./state.ts";
import { ellipse, num, path, shape } from "./svg.ts";

/** Wall and floor. */
export function studio(state: State, wallpaper: string): string {
  const { background, floor } = state.look;
  const wall =
    `<rect x="-100" y="-100" width="300" height="300" fill="${wallpaper}"/>`;
  if (!floor) return wall;
  return wall +
    `<rect x="-100" y="84" width="300" height="200" fill="${
      mix(background, INK, 0.18)
    }"/>`;
}

/** Things and light behind or before the figure. */
export function things(state: State, isFront: boolean): string {
  return (state.things ?? []).filter((thing) => thing.isFront === isFront).map(
    ({ kind, x, y, width, height, colour, opacity }) => {
      const [w, h] = [width / 2, height / 2];
      const outline = {
        disc: path`M${x - w} ${y}A${w} ${h} 0 1 1 ${
          x + w
        } ${y}A${w} ${h} 0 1 1 ${x - w} ${y}Z`,
        box: path`M${x - w} ${y - h}L${x + w} ${y - h}L${x + w} ${y + h}L${
          x - w
        } ${y + h}Z`,
        triangle: path`M${x} ${y - h}L${x + w} ${y + h}L${x - w} ${y + h}Z`,
      }[kind];
      const fill = shape(outline, {
        fill: colour,
        line: opacity === 1 ? 1 : 0,
      });
      return opacity === 1 ? fill : `<g opacity="${num(opacity)}">${fill}</g>`;
    },
  ).join("");
}

/** Shadow, and the seat under the figure. */
export function ground(state: State): string {
  const shade = mix(state.look.background, INK, 0.35);
  const lift = Math.max(0, GROUND - 30 - state.root.y);
  const shadow = ellipse([state.root.x, GROUND + 2.2], {
    rx: 16 - lift * 0.3,
    ry: 2.6,
    fill: shade,
    line: 0,
  });
  if (state.seat === undefined) return shadow;
  const s = sideOf(state) || 1;
  const { x, y } = state.root;
  const { colour, back } = state.seat;
  const dark = mix(colour, INK, 0.3);
  return shadow +
    (back
      ? shape(
        path`M${x - s * 9} ${y - 16}L${x - s * 12.5} ${y - 16}L${
          x - s * 11.5
        } ${GROUND + 2}L${x - s * 8} ${GROUND + 2}Z`,
        {
          fill: dark,
        },
      )
      : "") +
    shape(
      path`M${x - s * 10} ${y + 4}L${x + s * 8} ${y + 4}L${x + s * 8} ${
        GROUND + 2
      }L${x - s * 10} ${GROUND + 2}Z`,
      {
        fill: colour,
      },
    );
}
