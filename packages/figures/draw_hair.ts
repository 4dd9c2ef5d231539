import type { State } from "./state.ts";
import { headSide } from "./head_side.ts";
import { ellipse, group, path, shape } from "./svg.ts";

/** Hair behind the head and shoulders; the head's middle is the origin. */
export function drawBackHair(state: State): string {
  const { hairStyle, hair } = state.look;
  const side = headSide(state);
  const out: string[] = [];
  if (hairStyle === "long") {
    out.push(
      side === 0
        ? shape(
          "M-11.5 -2Q-12 -12 0 -12Q12 -12 11.5 -2L13 14Q13 17 9 17L-9 17Q-13 17 -13 14Z",
          { fill: hair },
        )
        : group(
          `scale(${side} 1)`,
          shape("M4 -11Q-13 -13 -12.5 0L-13.5 14Q-12 18 -6 17L0 14L2 0Z", {
            fill: hair,
          }),
        ),
    );
  }
  if (hairStyle === "curly") {
    const curls: [number, number][] = side === 0
      ? [[-10, 4], [-11, -2], [-9, -7.5], [10, 4], [11, -2], [9, -7.5]]
      : [[-9 * side, 4], [-10.5 * side, -2], [-8.5 * side, -7.5]];
    out.push(...curls.map((at) => ellipse(at, { rx: 4.6, fill: hair })));
  }
  if (hairStyle === "bun") {
    out.push(ellipse([-4 * side, -12], { rx: 5.2, ry: 4.4, fill: hair }));
  }
  return out.join("");
}

/** Hair before the head, none on a bald one. */
export function frontHair(state: State): string {
  const { hairStyle, hair } = state.look;
  const side = headSide(state);
  const low = state.head.drop * 5;
  if (hairStyle === "bald") return "";
  if (side !== 0 && hairStyle === "spiky") {
    return group(
      `scale(${side} 1)`,
      shape(
        "M8.5 -6.5L10.5 -9.5L5.5 -11L4.5 -15L0 -12L-4.5 -15L-7 -11L-12.5 -11L-11 -5.5L-14 -2.5L-11 1L-10.5 5L-7.5 6.5Q-6 2 -4.5 -2Q2 -3 8.5 -6.5Z",
        { fill: hair },
      ),
    );
  }
  if (side !== 0) {
    return group(
      `scale(${side} 1)`,
      shape(
        "M8.5 -6.5Q7 -12 -1 -12Q-12.5 -11 -11.2 2Q-10 6 -7.5 6.5Q-6 2 -4.5 -2Q2 -3 8.5 -6.5Z",
        {
          fill: hair,
        },
      ),
    );
  }
  if (hairStyle === "spiky") {
    return shape(
      path`M-10.8 -1L-12.5 -8L-8.5 -9L-8 -14L-3.5 -11.5L0 -15.5L3.5 -11.5L8 -14L8.5 -9L12.5 -8L10.8 -1L7 ${
        -5 + low
      }L3 ${-4 + low}L0 ${-6.5 + low}L-3 ${-4 + low}L-7 ${-5 + low}Z`,
      { fill: hair },
    );
  }
  if (hairStyle === "curly") {
    return [[-7, -7], [-2.8, -9.3], [2.8, -9.3], [7, -7]].map(([x, y]) =>
      ellipse([x!, y! + low * 0.6], { rx: 4.2, fill: hair })
    ).join("");
  }
  const side1 = hairStyle === "short" ? 0 : 3;
  return shape(
    path`M-10.9 ${side1}Q-12.4 -12 0 -12Q12.4 -12 10.9 ${side1}Q9.5 ${
      -5 + low
    } 3 ${-6.5 + low}Q-2 ${-5 + low} -6 ${-4.2 + low}Q-9.5 -3 -10.9 ${side1}Z`,
    { fill: hair },
  );
}
