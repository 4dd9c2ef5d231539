import type { FluxConfig } from "@edit-transfer/dit";
import type { SchedulerConfig } from "@edit-transfer/flow";
import type { ClipTextConfig, T5Config } from "@edit-transfer/text";
import type { VaeConfig } from "@edit-transfer/vae";
import type { WeightSource } from "@edit-transfer/weights";
import type { ModelSettings } from "./model_settings.ts";

/** A model of the folder: its architecture and its weights. */
export interface Component<Config> {
  /** Architecture, from its config. */
  readonly config: Config;
  /** Weights; headers are read and checked, data is not. */
  readonly weights: WeightSource;
}

/** Parts of a FLUX.1 model on disk, none of whose data is read yet. */
export interface ModelFolder extends AsyncDisposable {
  /** Path of the folder. */
  readonly path: string;
  /** How it is used for edits. */
  readonly settings: ModelSettings;
  /** The transformer. */
  readonly transformer: Component<FluxConfig>;
  /** The autoencoder. */
  readonly vae: Component<VaeConfig>;
  /** The CLIP text encoder. */
  readonly clip: Component<ClipTextConfig>;
  /** The T5 text encoder. */
  readonly t5: Component<T5Config>;
  /** Config of the scheduler. */
  readonly scheduler: SchedulerConfig;
}
