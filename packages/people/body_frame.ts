import { type Body, type Keypoint, KEYPOINTS } from "./person.ts";

/** Score from which on a point of a body is seen. */
const SEEN = 0.2;
/** Width of the shoulders of a body that faces the camera, in lengths of its trunk. */
const SHOULDERS = 0.7;

const [leftShoulder, rightShoulder, leftHip, rightHip] = [
  "leftShoulder",
  "rightShoulder",
  "leftHip",
  "rightHip",
].map((name) => KEYPOINTS.findIndex((point) => point === name)) as [
  number,
  number,
  number,
  number,
];

/** Where a body is in a picture. */
export interface BodyFrame {
  /** Middle between the shoulders, in pixels. */
  readonly x: number;
  /** Middle between the shoulders, in pixels. */
  readonly y: number;
  /** Width of the shoulders as if they faced the camera, in pixels. */
  readonly scale: number;
}

/** Whether a point of a body is to be seen. */
export function isSeen({ score }: Keypoint): boolean {
  return score >= SEEN;
}

/**
 * Place and scale of a body: the width of its shoulders, or that which goes
 * with the length of its trunk where it is turned aside.
 *
 * @param body The body.
 * @returns Its frame; undefined where the shoulders are not to be seen.
 *
 * @example Usage
 * ```ts
 * import { bodyFrame, KEYPOINTS } from "@edit-transfer/people";
 * import assert from "node:assert/strict";
 *
 * const body = KEYPOINTS.map((name) =>
 *   name.endsWith("Shoulder")
 *     ? { x: name === "leftShoulder" ? 60 : 20, y: 30, score: 1 }
 *     : { x: 0, y: 0, score: 0 }
 * );
 * assert.deepEqual(bodyFrame(body), { x: 40, y: 30, scale: 40 });
 * ```
 */
export function bodyFrame(body: Body): BodyFrame | undefined {
  const [left, right] = [body[leftShoulder]!, body[rightShoulder]!];
  if (!isSeen(left) || !isSeen(right)) return undefined;
  const [x, y] = [(left.x + right.x) / 2, (left.y + right.y) / 2];
  let scale = Math.hypot(left.x - right.x, left.y - right.y);
  const [a, b] = [body[leftHip]!, body[rightHip]!];
  if (isSeen(a) && isSeen(b)) {
    const trunk = Math.hypot((a.x + b.x) / 2 - x, (a.y + b.y) / 2 - y);
    scale = Math.max(scale, SHOULDERS * trunk);
  }
  return scale > 0 ? { x, y, scale } : undefined;
}
