import { type Body, type Face, KEYPOINTS } from "./person.ts";

/** A body whose points are all at one place but for those that are given. */
export function testBody(
  points: Readonly<Record<string, readonly [number, number, number?]>>,
): Body {
  return KEYPOINTS.map((name) => {
    const [x, y, score = 1] = points[name] ?? [0, 0, 0];
    return { x, y, score };
  });
}

/** Somebody who stands and faces the camera, 40 pixels wide at the shoulders. */
export const STANDING = {
  nose: [50, 21],
  leftEar: [60, 20],
  rightEar: [40, 20],
  leftShoulder: [70, 40],
  rightShoulder: [30, 40],
  leftElbow: [75, 60],
  rightElbow: [25, 60],
  leftWrist: [78, 80],
  rightWrist: [22, 80],
  leftHip: [62, 90],
  rightHip: [38, 90],
} as const satisfies Record<string, readonly [number, number]>;

/** A face with some of its facts. */
export function testFace(facts: Partial<Face>): Face {
  return {
    score: 1,
    box: [0, 0, 50, 50],
    embedding: [1],
    rotation: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    expression: [0, 0, 0, 0, 0, 0, 1],
    ...facts,
  };
}
