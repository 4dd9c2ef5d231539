import type { State } from "./state.ts";

/** Side of the picture that a head in profile looks to. */
export function headSide(state: State): -1 | 0 | 1 {
  return state.headFacing === "front"
    ? 0
    : state.headFacing === "left"
    ? -1
    : 1;
}
