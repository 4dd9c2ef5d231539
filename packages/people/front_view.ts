import { KEYPOINTS, type Person } from "./person.ts";

/** How far the nose of a face that looks at the camera is below the ears. */
const LEVEL = 0.05;
/** Turn up to which a head faces the camera. */
const MOST_TURN = 0.35;

const [nose, leftEar, rightEar] = ["nose", "leftEar", "rightEar"].map((name) =>
  KEYPOINTS.findIndex((point) => point === name)
) as [number, number, number];

/**
 * How far a head is turned from the camera, up, down or aside: the distance of
 * the nose from where it is in front, a little below the middle between the ears,
 * in distances of the ears. 0 is in front; a profile is at 1 and more. How the
 * head is tilted to a shoulder does not count.
 *
 * @param person Who is in the picture.
 * @returns The turn, >= 0; undefined without a body.
 *
 * @example Usage
 * ```ts
 * import { headTurn, KEYPOINTS } from "@edit-transfer/people";
 * import assert from "node:assert/strict";
 *
 * const places = new Map([["nose", 55], ["leftEar", 60], ["rightEar", 40]]);
 * const body = KEYPOINTS.map((name) => ({ x: places.get(name) ?? 0, y: 1, score: 1 }));
 * const turn = headTurn({ body })!;
 * assert.equal(turn.toFixed(2), "0.25"); // √(0.25² + 0.05²)
 * ```
 */
export function headTurn(person: Person): number | undefined {
  const { body } = person;
  if (body === undefined) return undefined;
  const [n, left, right] = [body[nose]!, body[leftEar]!, body[rightEar]!];
  const [x, y] = [left.x - right.x, left.y - right.y];
  const ears = Math.hypot(x, y);
  if (ears === 0) return undefined;
  const [dx, dy] = [n.x - (left.x + right.x) / 2, n.y - (left.y + right.y) / 2];
  const aside = (dx * x + dy * y) / ears ** 2;
  const down = (dy * x - dx * y) / ears ** 2 * (x < 0 ? -1 : 1);
  return Math.hypot(aside, down - LEVEL);
}

/**
 * Whether somebody faces the camera: a face is found, and the head is turned
 * by at most 0.35 ({@linkcode headTurn}).
 *
 * @param person Who is in the picture.
 * @returns The answer; undefined without people.
 *
 * @example Usage
 * ```ts
 * import { isFrontView } from "@edit-transfer/people";
 * import assert from "node:assert/strict";
 *
 * assert.equal(isFrontView({}), undefined);
 * ```
 */
export function isFrontView(person: Person): boolean | undefined {
  const turn = headTurn(person);
  if (turn === undefined) return undefined;
  return person.face !== undefined && turn <= MOST_TURN;
}
