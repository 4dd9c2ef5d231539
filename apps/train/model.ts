import type { DatasetEncoder } from "@edit-transfer/dataset";
import type { TrainingPlan } from "@edit-transfer/plan";
import type { TrainConfig } from "./train_config.ts";
import type { Trainer } from "./trainer.ts";

/** What a model and its LoRA take, from headers alone; see `planTraining`. */
export interface ModelPlan extends TrainingPlan {
  /** Numbers in the transformer. */
  readonly baseParameters: number;
}

/** The base model of a run; nothing of its weights is read until it is needed. */
export interface TrainModel extends AsyncDisposable {
  /** SHA-256 over its files. */
  readonly hash: string;
  /** Side of a panel that it was made for, in pixels. */
  readonly panelSize: number;
  /** Side of a token in pixels, of which panels have whole ones. */
  readonly tokenSize: number;
  /** Encodes pictures and captions. */
  readonly encoder: DatasetEncoder;
  /** Sizes for panels of a side in pixels. */
  plan(panelSize: number): Promise<ModelPlan>;
  /** Loads the transformer with a new LoRA. */
  trainer(panelSize: number): Promise<Trainer>;
}

/** Opens the base model that a config names. */
export type OpenModel = (config: TrainConfig) => Promise<TrainModel>;
