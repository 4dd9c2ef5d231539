import {
  gain,
  keep,
  outputShift,
  seedSpread,
  win,
} from "@edit-transfer/metrics";
import { editSeconds } from "./edit_seconds.ts";
import type { CaseMetric } from "./evaluate.ts";

/** All metrics that need no model: of the pictures alone, and the seconds. */
export const PICTURE_METRICS: readonly CaseMetric[] = [
  gain,
  keep,
  win,
  outputShift,
  seedSpread,
  editSeconds,
];
