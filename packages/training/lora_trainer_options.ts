import type { LatentNoiseOptions } from "@edit-transfer/flow";
import type { Conditions } from "@edit-transfer/pipeline";
import type { LoraValues } from "./lora_trainer_state.ts";

/** Options of `openLoraTrainer`. */
export interface LoraTrainerOptions {
  /** Rank of every branch. */
  readonly rank: number;
  /**
   * Strength; B A is multiplied by alpha / r.
   *
   * @default {rank}
   */
  readonly alpha?: number | undefined;
  /**
   * Layers to train, see `matchTargets` of the lora package.
   *
   * @default {all of the blocks}
   */
  readonly targets?: readonly string[] | undefined;
  /** Seed of the first values. */
  readonly seed: number;
  /**
   * Values to begin from, of every parameter; they stay the reference of prior
   * preservation.
   *
   * @default {those of a new LoRA}
   */
  readonly start?: LoraValues | undefined;
  /**
   * Guidance embedding.
   *
   * @default {1}
   */
  readonly guidance?: number | undefined;
  /** How noise is made; see `latentNoise` of the flow package. */
  readonly noise?: LatentNoiseOptions | undefined;
  /**
   * How the fourth panel sees text and given panels.
   *
   * @default {"joint"}
   */
  readonly conditions?: Conditions | undefined;
  /**
   * Noise level that kept text and panels are told, 0…1.
   *
   * @default {0}
   */
  readonly conditionSigma?: number | undefined;
  /** AdamW's constants. */
  readonly adam: {
    readonly beta1: number;
    readonly beta2: number;
    readonly eps: number;
    readonly weightDecay: number;
  };
  /** Decay of the moving average; none is kept if it is left out. */
  readonly ema?: number | undefined;
  /**
   * Whether the decay is at most `(1 + n) / (10 + n)` at update n, so that the
   * average forgets the first values soon.
   *
   * @default {false}
   */
  readonly emaByUpdates?: boolean | undefined;
  /**
   * Whether blocks are run again in the backward pass, so that their
   * activations need not be kept.
   *
   * @default {true}
   */
  readonly checkpoint?: boolean | undefined;
}
