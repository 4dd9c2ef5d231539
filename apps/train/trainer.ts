import type { EncodedCaption, HostTensor } from "@edit-transfer/dataset";
import type { Image } from "@edit-transfer/image";

/** A task to learn from or to judge by. */
export interface TrainTask {
  /** Clean latents of the composite, `[c, 2h, 2w]`. */
  readonly latents: HostTensor;
  /** Its caption, encoded. */
  readonly text: EncodedCaption;
  /** Seed of the noise. */
  readonly seed: number;
  /** Noise level in (0, 1]. */
  readonly sigma: number;
}

/** A matrix that is trained. */
export interface TrainerParameter {
  /** Path of its layer and `.lora_A.weight` or `.lora_B.weight`. */
  readonly name: string;
  /** Extents. */
  readonly shape: readonly [number, number];
}

/** Values of all parameters by name. */
export type ParameterValues = Readonly<
  Record<string, Float32Array<ArrayBuffer>>
>;

/** Everything that training changes, in f32. */
export interface TrainerState {
  /** The parameters. */
  readonly weights: ParameterValues;
  /** Their moving average; undefined if none is kept. */
  readonly average: ParameterValues | undefined;
  /** Adam's first moments. */
  readonly moment1: ParameterValues;
  /** Adam's second moments. */
  readonly moment2: ParameterValues;
}

/** One update of the parameters. */
export interface TrainerUpdate {
  /** Updates made, this one included, for Adam's bias correction. */
  readonly count: number;
  /** Learning rate. */
  readonly lr: number;
  /** Factor of the gradient, < 1 where its norm is clipped. */
  readonly factor: number;
}

/** A sample edit to make. */
export interface TrainerSample {
  /** Seed of the noise. */
  readonly seed: number;
  /** Euler steps. */
  readonly steps: number;
  /** Guidance embedding. */
  readonly guidance: number;
}

/**
 * The model as the loop sees it: all that touches a device is behind this
 * interface.
 */
export interface Trainer extends AsyncDisposable {
  /** What is trained, in a fixed order. */
  readonly parameters: readonly TrainerParameter[];
  /**
   * Adds `weight` times the gradient of the mean loss of tasks to what is
   * accumulated; resolves to that loss, not weighted.
   */
  accumulate(tasks: readonly TrainTask[], weight: number): Promise<number>;
  /** Norm of the accumulated gradient over all parameters. */
  gradientNorm(): Promise<number>;
  /** Updates parameters and average, and forgets the gradient. */
  update(update: TrainerUpdate): Promise<void>;
  /** Forgets the accumulated gradient. */
  discard(): void;
  /** Loss of a task, without a gradient. */
  loss(task: TrainTask): Promise<number>;
  /** Edits a task's query with the averaged parameters, or else the parameters. */
  sample(task: TrainTask, options: TrainerSample): Promise<Image>;
  /** Copies everything that training changes. */
  read(): Promise<TrainerState>;
  /** Puts back what {@linkcode Trainer.read} gave. */
  write(state: TrainerState): void;
}
