import type { DatasetSource, PanelMode } from "@edit-transfer/dataset";
import type { WriteCasesOptions } from "@edit-transfer/figures";
import type { Conditions } from "@edit-transfer/pipeline";

/** A set of figures that is drawn instead of read. */
export interface FiguresConfig
  extends
    Pick<WriteCasesOptions, "split" | "seed" | "count" | "compose" | "types"> {
  /** Figures on which each edit is made; two of its own for each if undefined. */
  readonly identities?: number | undefined;
}

/** Where tasks come from: a path, or figures that are drawn. */
export interface DataConfig {
  /** Folder or file of tasks. */
  readonly path: string | undefined;
  /** Figures in place of a path. */
  readonly figures: FiguresConfig | undefined;
  /** Extension of caption files. */
  readonly captionExtension: string;
  /** Whether captions are cleaned as ai-toolkit does. */
  readonly commas: boolean;
  /** Caption template with `{edit}`. */
  readonly template: string | undefined;
  /** Where composites are cut. */
  readonly seams: NonNullable<DatasetSource["seams"]>;
  /** Share of draws without caption. */
  readonly captionDropout: number;
}

/**
 * What composites go through before they are learned from, each with its share
 * of the draws.
 */
export interface AugmentConfig {
  /** Left and right exchanged in all panels. */
  readonly mirror: number;
  /** One part of all panels in place of the whole. */
  readonly crop: {
    readonly probability: number;
    /** Least side of the part, as a share of the panel's. */
    readonly least: number;
  };
  /** Hues of all panels turned together. */
  readonly colours: {
    readonly probability: number;
    /** Most that they are turned, either way. */
    readonly degrees: number;
  };
  /** Different pictures that mirror, crop and colours make of a panel. */
  readonly variants: number;
  /** The query's row as the example, and the example's as the query. */
  readonly exchangeRows: number;
  /** Before and after exchanged in both rows, without the caption. */
  readonly exchangeRoles: number;
  /** The query's row of another composite with the same caption. */
  readonly pairings: number;
}

/** Other composites that a run goes on seeing, so that it does not forget them. */
export interface ReplayConfig {
  /** The composites. */
  readonly data: DataConfig;
  /** Their share of the draws. */
  readonly share: number;
  /**
   * Weight of prior preservation: on them the velocity is held to that of the
   * LoRA the run begins from; their answers are learned from where it is undefined.
   */
  readonly preserve: number | undefined;
}

/** A picture to sample: a four-panel picture, or three pictures; paths. */
export type SampleImage = string | {
  readonly before: string;
  readonly after: string;
  readonly query: string;
};

/** What a run does, from a config file with its defaults. */
export interface TrainConfig {
  /** Name of the run and of its files. */
  readonly name: string;
  /** Folder of the run. */
  readonly folder: string;
  /** Device to train on. */
  readonly device: "auto" | "cpu" | "webgpu";
  /** Path of the base model. */
  readonly model: string;
  /** Its name, which the LoRA records. */
  readonly modelName: string;
  /** LoRA that is trained. */
  readonly network: {
    readonly rank: number;
    readonly alpha: number;
    /** LoRA that the run begins from; a new one if undefined. */
    readonly pretrained: string | undefined;
    /**
     * Parts of names, one of which a target has; all layers of blocks are
     * targets if empty. A layer outside of blocks is named in full.
     */
    readonly only: readonly string[];
    /** Parts of names, none of which a target has. */
    readonly ignore: readonly string[];
  };
  /** Checkpoints: type of the LoRA at the end, steps between two, how many to keep. */
  readonly save: {
    readonly dtype: "F32" | "F16" | "BF16";
    readonly every: number;
    readonly keep: number;
  };
  /** Training data, one set after the other. */
  readonly data: readonly DataConfig[];
  /** What is done to training data; nothing if undefined. */
  readonly augment: AugmentConfig | undefined;
  /** Other composites among them; none if undefined. */
  readonly replay: ReplayConfig | undefined;
  /** Side of a panel in pixels; that of the model if undefined. */
  readonly panelSize: number | undefined;
  /** How panels are encoded. */
  readonly panelMode: PanelMode;
  /** Where encodings are kept, and in which type. */
  readonly cache: {
    readonly folder: string;
    readonly dtype: "F32" | "F16" | "BF16";
  };
  /** Steps, noise levels, optimiser. */
  readonly train: {
    readonly batchSize: number;
    readonly steps: number;
    readonly accumulation: number;
    readonly checkpointing: boolean;
    readonly timesteps: "sigmoid" | "uniform" | "shift";
    /** Factor of the `shift` of timesteps. */
    readonly shift: number;
    /** Mean and deviation of the normal number whose sigmoid is the noise level. */
    readonly mean: number;
    readonly deviation: number;
    readonly noise: {
      readonly standardize: boolean;
      readonly round: "bf16" | "none";
    };
    readonly guidance: number;
    /** How the fourth panel sees text and given panels. */
    readonly conditions: Conditions;
    /** Noise level that kept text and panels are told. */
    readonly conditionSigma: number;
    readonly lr: number;
    readonly schedule: "constant" | "cosine";
    readonly warmup: number;
    /** Share of the run after which the cosine begins. */
    readonly hold: number;
    /** Rate at the end of the cosine. */
    readonly least: number;
    readonly beta1: number;
    readonly beta2: number;
    readonly eps: number;
    readonly weightDecay: number;
    readonly maxGradNorm: number;
    /** Decay of the moving average; undefined for none. */
    readonly ema: number | undefined;
    /** Whether its decay is at most `(1 + n) / (10 + n)` at update n. */
    readonly emaByUpdates: boolean;
    readonly seed: number;
  };
  /** Sample edits: steps between two, and how they are made. */
  readonly sample: {
    readonly every: number;
    readonly steps: number;
    readonly guidance: number;
    readonly seed: number;
    readonly walkSeed: boolean;
    readonly count: number;
    /** Pictures of the user's own; validation tasks are sampled if there are none. */
    readonly images: readonly SampleImage[];
    /** Their captions: one for all, one each, or several for one picture. */
    readonly prompts: readonly string[];
  };
  /** Losses on fixed tasks at fixed noise levels. */
  readonly validation: {
    /** Undefined to hold out tasks of the training data. */
    readonly data: DataConfig | undefined;
    /** Share of the training data that is held out where there is no other. */
    readonly holdOut: number;
    readonly every: number;
    readonly count: number;
    readonly sigmas: readonly number[];
    readonly seed: number;
  };
  /** When to end before the last step; never if undefined. */
  readonly stop:
    | {
      /** Validations in a row without a lower loss. */
      readonly patience: number;
    }
    | undefined;
}
