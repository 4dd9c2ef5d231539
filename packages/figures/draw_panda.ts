import { headSide } from "./head_side.ts";
import { INK } from "./colour.ts";
import type { State } from "./state.ts";
import { ellipse, group } from "./svg.ts";

/** Round ears on top of the head, behind it; the head's middle is the origin. */
export function pandaEars(state: State): string {
  const { hair } = state.look;
  const side = headSide(state);
  const dy = state.head.drop * -1.5;
  return side === 0
    ? ellipse([-7.8, -8.6 - dy], { rx: 3.6, fill: hair }) +
      ellipse([7.8, -8.6 - dy], { rx: 3.6, fill: hair })
    : ellipse([-3 * side, -9.6], { rx: 3.6, fill: hair });
}

/** Dark patches under the eyes. */
export function pandaPatches(state: State, dy: number): string {
  const patch = (x: number, turn: number) =>
    group(
      `translate(${x} ${(0 + dy).toFixed(2)}) rotate(${turn})`,
      ellipse([0, 0], { rx: 3.4, ry: 4.6, fill: state.look.hair, line: 0 }),
    );
  return patch(-4.4, 24) + patch(4.4, -24);
}

/** The patch of a head in profile that looks to the right. */
export function pandaProfilePatch(state: State): string {
  return ellipse([4.6, -0.8], {
    rx: 3.2,
    ry: 4.2,
    fill: state.look.hair,
    line: 0,
  });
}

/** A broad dark nose in place of a person's. */
export function pandaNose(dy: number): string {
  return ellipse([0, 2.7 + dy], { rx: 2.1, ry: 1.4, fill: INK, line: 0 });
}

/** The nose of a head in profile that looks to the right. */
export function pandaProfileNose(): string {
  return ellipse([11, 2], { rx: 1.7, ry: 1.5, fill: INK, line: 0 });
}
