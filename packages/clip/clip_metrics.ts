import { clipDir } from "./clip_dir.ts";
import type { ClipFeatures } from "./clip_features.ts";
import { clipI } from "./clip_i.ts";
import type { ClipMetric } from "./clip_metric.ts";
import { clipT, PROTOCOL_SIDE } from "./clip_t.ts";
import { editclip, EDITCLIP_SIDE } from "./editclip.ts";
import { pickscore } from "./pickscore.ts";

/** How a metric is made, and with what model its numbers are published. */
export interface ClipMetricKind {
  /** Repository of the model on the hub. */
  readonly model: string;
  /** Repository of the processor that goes with it. */
  readonly processor: string;
  /** Layers of the model's vision tower. */
  readonly layers: number;
  /** Width of the model's vision tower. */
  readonly width: number;
  /** Pictures that the model takes one behind the other in its channels. */
  readonly pictures: 1 | 2;
  /** Side in pixels of the square that pictures are resized to first. */
  readonly side: number;
  /** Whether words are read. */
  readonly words: boolean;
  /** Makes the metric of features and `exp(logit_scale)`. */
  open(features: ClipFeatures, scale: number): ClipMetric;
}

/** Name of a metric that a CLIP model measures. */
export type ClipMetricName =
  | "clip-t"
  | "clip-i"
  | "clip-dir"
  | "pickscore"
  | "editclip";

/** What CLIP-T, CLIP-I and directional CLIP have in common. */
const VIT_L = {
  model: "openai/clip-vit-large-patch14",
  processor: "openai/clip-vit-large-patch14",
  layers: 24,
  width: 1024,
  pictures: 1,
  side: PROTOCOL_SIDE,
} as const;

/** The metrics that CLIP models measure. */
export const CLIP_METRICS: Readonly<Record<ClipMetricName, ClipMetricKind>> = {
  "clip-t": { ...VIT_L, words: true, open: clipT },
  "clip-i": { ...VIT_L, words: false, open: clipI },
  "clip-dir": { ...VIT_L, words: false, open: clipDir },
  pickscore: {
    model: "yuvalkirstain/PickScore_v1",
    processor: "laion/CLIP-ViT-H-14-laion2B-s32B-b79K",
    layers: 32,
    width: 1280,
    pictures: 1,
    side: PROTOCOL_SIDE,
    words: true,
    open: pickscore,
  },
  editclip: {
    ...VIT_L,
    model: "QWW/EditCLIP",
    pictures: 2,
    side: EDITCLIP_SIDE,
    words: false,
    open: editclip,
  },
};
