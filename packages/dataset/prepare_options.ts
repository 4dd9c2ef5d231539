import type { DatasetEncoder, PanelMode } from "./dataset_encoder.ts";
import type { EncodingCache } from "./encoding_cache.ts";
import type { Manifest } from "./manifest.ts";
import type { SeamMode } from "./split_composite.ts";

/** A manifest and how it is used. */
export interface DatasetSource {
  /** Its tasks. */
  readonly manifest: Manifest;
  /**
   * Where composites are cut.
   *
   * @default {"detect"}
   */
  readonly seams?: SeamMode | undefined;
  /**
   * Share of draws without caption.
   *
   * @default {0}
   */
  readonly captionDropout?: number | undefined;
}

/** How far `prepareDataset` is. */
export interface PrepareProgress {
  /** The seams of composites are looked at, then captions are encoded, then pictures. */
  readonly phase: "seams" | "captions" | "pictures";
  /** How many are done. */
  readonly done: number;
  /** How many there are. */
  readonly all: number;
}

/** Options of `prepareDataset`. */
export interface PrepareDatasetOptions {
  /** Makes latents and text states. */
  readonly encoder: DatasetEncoder;
  /** Where they are kept. */
  readonly cache: EncodingCache;
  /** Side of a square panel in pixels, `P`; others have its area. */
  readonly panelSize: number;
  /**
   * What sides of panels are multiples of, in pixels, so that each task has panels
   * of the ratio of its composite or its query.
   *
   * @default {all panels are squares}
   */
  readonly multiple?: number | undefined;
  /**
   * How panels are encoded.
   *
   * @default {"panel"}
   */
  readonly panelMode?: PanelMode | undefined;
  /** Called once with each thing that a picture holds and panels do not show. */
  readonly onNotice?: ((notice: string) => void) | undefined;
  /** Called after each composite, each caption, then after each few pictures. */
  readonly onProgress?: ((progress: PrepareProgress) => void) | undefined;
  /** Stops between two encodings with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}
