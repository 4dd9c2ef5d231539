/** Whoever is in a picture, as the models see them. */
export interface Person {
  /** The clearest face; undefined in profiles, from behind, and without people. */
  readonly face?: Face | undefined;
  /** The clearest body; undefined without people. */
  readonly body?: Body | undefined;
}

/** A face. Places are in pixels. */
export interface Face {
  /** How surely it is a face, in [0, 1]. */
  readonly score: number;
  /** Left, top, width and height. */
  readonly box: readonly [number, number, number, number];
  /** What tells people apart, `[1024]`; compared by its direction. */
  readonly embedding: readonly number[];
  /** Rotation of the head, 3 × 3, row by row; the identity faces the camera. */
  readonly rotation: readonly number[];
  /** Shares of {@linkcode EXPRESSIONS}, which add up to about 1. */
  readonly expression: readonly number[];
}

/** Names of the expressions of a {@linkcode Face}, in their order. */
export const EXPRESSIONS = [
  "angry",
  "disgust",
  "fear",
  "happy",
  "sad",
  "surprise",
  "neutral",
] as const;

/** A body: a point for each of {@linkcode KEYPOINTS}. */
export type Body = readonly Keypoint[];

/** A point of a body, in pixels. */
export interface Keypoint {
  /** Pixels from the left. */
  readonly x: number;
  /** Pixels from the top. */
  readonly y: number;
  /** How surely it is there, in [0, 1]. */
  readonly score: number;
}

/** Names of the points of a {@linkcode Body}, in their order: that of COCO. */
export const KEYPOINTS = [
  "nose",
  "leftEye",
  "rightEye",
  "leftEar",
  "rightEar",
  "leftShoulder",
  "rightShoulder",
  "leftElbow",
  "rightElbow",
  "leftWrist",
  "rightWrist",
  "leftHip",
  "rightHip",
  "leftKnee",
  "rightKnee",
  "leftAnkle",
  "rightAnkle",
] as const;
