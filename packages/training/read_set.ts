import type { Manifest } from "@edit-transfer/dataset";
import type { DataConfig } from "./train_config.ts";

/** Data sets and how they are used. */
export interface ReadSet {
  readonly entries: readonly DataConfig[];
  /** One for each. */
  readonly manifests: readonly Manifest[];
}
