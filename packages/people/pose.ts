import { bodyFrame, isSeen } from "./body_frame.ts";
import type { Body, Person } from "./person.ts";

/** How far the points of a body move. */
export type PoseChange = readonly PointChange[];

/** How far a point moves, in widths of the shoulders; undefined if it is not seen. */
export type PointChange = readonly [x: number, y: number] | undefined;

/** Widths of the shoulders by which points of a body at rest are found apart. */
const NOISE = 0.1;
/** Points that have to be seen in all pictures. */
const LEAST_POINTS = 4;

/**
 * How far the points of a body move against its shoulders: for each,
 * `(after − after's shoulders) / after's scale − (before − …) / …`.
 *
 * Each picture has its own scale, so a change of framing moves nothing.
 *
 * @param before Person before an edit.
 * @param after Person after it.
 * @returns A change for each point; undefined where the shoulders are not seen.
 *
 * @example Usage
 * ```ts
 * import { KEYPOINTS, poseChange } from "@edit-transfer/people";
 * import assert from "node:assert/strict";
 *
 * const person = (wrist: number) => ({
 *   body: KEYPOINTS.map((name) => ({
 *     x: name === "leftShoulder" ? 40 : 0,
 *     y: name === "leftWrist" ? wrist : 0,
 *     score: 1,
 *   })),
 * });
 * const change = poseChange(person(0), person(-20))!;
 * assert.deepEqual(change[KEYPOINTS.indexOf("leftWrist")], [0, -0.5]);
 * ```
 */
export function poseChange(
  before: Person,
  after: Person,
): PoseChange | undefined {
  const from = before.body && framed(before.body);
  const to = after.body && framed(after.body);
  if (!from || !to) return undefined;
  return from.map((a, k) => {
    const b = to[k];
    return a && b && [b[0] - a[0], b[1] - a[1]];
  });
}

/** Points in the frame of their body. */
function framed(body: Body): PoseChange | undefined {
  const frame = bodyFrame(body);
  if (frame === undefined) return undefined;
  return body.map((point) =>
    isSeen(point)
      ? [(point.x - frame.x) / frame.scale, (point.y - frame.y) / frame.scale]
      : undefined
  );
}

/**
 * How well two changes of a pose agree,
 * `(2 a·b + ε) / (a·a + b·b + ε)` over the points that both have, with
 * `x·y` the mean of products and `ε = 0.1²`: 1 for the same change, 0 where one moves
 * and the other does not, -1 for the opposite. Two bodies at rest agree.
 *
 * @param a One change.
 * @param b Another, of another person too.
 * @returns The agreement; undefined where fewer than four points have both.
 *
 * @example Usage
 * ```ts
 * import { poseAgreement } from "@edit-transfer/people";
 * import assert from "node:assert/strict";
 *
 * const raised = Array.from({ length: 4 }, () => [0, -1] as const);
 * const still = Array.from({ length: 4 }, () => [0, 0] as const);
 * assert.equal(poseAgreement(raised, raised), 1);
 * assert.ok(poseAgreement(raised, still)! < 0.01);
 * ```
 */
export function poseAgreement(
  a: PoseChange,
  b: PoseChange,
): number | undefined {
  let [points, both, own] = [0, 0, 0];
  for (const [k, p] of a.entries()) {
    const q = b[k];
    if (!p || !q) continue;
    points++;
    both += p[0] * q[0] + p[1] * q[1];
    own += p[0] ** 2 + p[1] ** 2 + q[0] ** 2 + q[1] ** 2;
  }
  if (points < LEAST_POINTS) return undefined;
  const noise = points * NOISE ** 2;
  return (2 * both + noise) / (own + noise);
}
