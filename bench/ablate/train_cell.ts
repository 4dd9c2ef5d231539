import { Loader, SeededRandom } from "@edit-transfer/dataset";
import type { FigureCase } from "@edit-transfer/figures";
import { sampleTimestep } from "@edit-transfer/flow";
import type { Pipeline } from "@edit-transfer/pipeline";
import {
  type LoraTask,
  type LoraTrainer,
  type LoraValues,
  openLoraTrainer,
} from "@edit-transfer/training";
import { learningRate } from "../../packages/training/learning_rate.ts";
import type { TrainConfig } from "../../packages/training/train_config.ts";
import type { Encoder } from "./encoder.ts";

/** Added to the seed of a task's noise, for the numbers that draw its timestep. */
const OTHER_STREAM = 2 ** 32;
/** Steps at the end whose mean loss is reported. */
const LAST = 20;

/** What one training is. */
export interface CellOptions {
  readonly train: TrainConfig["train"];
  readonly network: TrainConfig["network"];
  /** Share of captions that are left out. */
  readonly captionDropout: number;
  /** Gives latents and captions. */
  readonly encoder: Encoder;
  /** Called after each step with its loss. */
  readonly onStep?: ((step: number, loss: number) => void) | undefined;
}

/** A trained LoRA and what its training came to. */
export interface TrainedCell {
  readonly weights: LoraValues;
  readonly parameters: LoraTrainer["parameters"];
  /** Mean loss of the last steps. */
  readonly loss: number;
  /** Composites that were drawn at least once. */
  readonly distinct: number;
  /** Seconds of all steps, encoding left out. */
  readonly seconds: number;
}

/**
 * Trains a LoRA on composites. Batches run on over the end of an epoch, so that
 * few composites and many get as many samples.
 */
export async function trainCell(
  pipeline: Pipeline,
  composites: readonly FigureCase[],
  { train, network, captionDropout, encoder, onStep }: CellOptions,
): Promise<TrainedCell> {
  const loader = new Loader(composites.length, {
    batchSize: 1,
    seed: train.seed,
  });
  await using trainer = await openLoraTrainer(pipeline, {
    rank: network.rank,
    alpha: network.alpha,
    seed: train.seed,
    guidance: train.guidance,
    noise: train.noise,
    adam: train,
    checkpoint: train.checkpointing,
  });
  const losses: number[] = [];
  const distinct = new Set<number>();
  let seconds = 0;
  const nextTask = async (): Promise<LoraTask> => {
    const [{ index, dropout, seed }] = loader.next() as [
      ReturnType<Loader["next"]>[number],
    ];
    distinct.add(index);
    const random = new SeededRandom(seed + OTHER_STREAM);
    const one = composites[index]!;
    return {
      latents: await encoder.latents(one),
      text: await encoder.text(dropout < captionDropout ? "" : one.caption),
      seed,
      sigma: sampleTimestep(() => random.uniform(), train.timesteps, train),
    };
  };
  for (let step = 0; step < train.steps; step++) {
    const tasks: LoraTask[] = [];
    while (tasks.length < train.batchSize) tasks.push(await nextTask());
    const start = performance.now();
    const loss = await trainer.accumulate(tasks, 1);
    const norm = await trainer.gradientNorm();
    await trainer.update({
      count: step + 1,
      lr: learningRate(step, train),
      factor: Math.min(1, train.maxGradNorm / (norm + 1e-6)),
    });
    seconds += (performance.now() - start) / 1000;
    losses.push(loss);
    onStep?.(step + 1, loss);
  }
  const last = losses.slice(-LAST);
  return {
    weights: (await trainer.read()).weights,
    parameters: trainer.parameters,
    loss: last.reduce((sum, loss) => sum + loss, 0) / last.length,
    distinct: distinct.size,
    seconds,
  };
}
