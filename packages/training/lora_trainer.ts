import type { FluxTransformer } from "@edit-transfer/dit";
import { flowMatchingLoss, type LatentNoiseOptions } from "@edit-transfer/flow";
import type { Image } from "@edit-transfer/image";
import { initLora, type TrainableLora } from "@edit-transfer/lora";
import type { Pipeline } from "@edit-transfer/pipeline";
import {
  adamwStep,
  add,
  affine,
  globalNorm,
  keep,
  scope,
  sub,
  type Tensor,
  tune,
  valueAndGrad,
  zeros,
} from "@edit-transfer/tensor";
import { editTask } from "./edit_task.ts";
import {
  downloadValues,
  free,
  type LoraTrainerState,
  type LoraValues,
  twins,
  uploadValues,
} from "./lora_trainer_state.ts";
import { type LoraTask, taskLayout, trainInputs } from "./train_inputs.ts";

/** Image tokens that go through the model at once; tasks beyond follow one by one. */
const TOKENS_AT_ONCE = 4096;

/** Options of {@linkcode openLoraTrainer}. */
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
   * Guidance embedding.
   *
   * @default {1}
   */
  readonly guidance?: number | undefined;
  /** How noise is made; see `latentNoise` of the flow package. */
  readonly noise?: LatentNoiseOptions | undefined;
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

/**
 * Trains a LoRA on a frozen pipeline: gradients, AdamW steps, a moving average.
 *
 * The pipeline stays the caller's; nothing else may add branches meanwhile.
 */
export class LoraTrainer implements AsyncDisposable {
  /** What is trained: `<path>.lora_A.weight`, `[r, in]`, and B, `[out, r]`. */
  readonly parameters: readonly {
    readonly name: string;
    readonly shape: readonly [number, number];
  }[];
  readonly #pipeline: Pipeline;
  readonly #transformer: FluxTransformer;
  readonly #lora: TrainableLora;
  readonly #options: LoraTrainerOptions;
  #moment1: readonly Tensor[];
  #moment2: readonly Tensor[];
  #average: readonly Tensor[] | undefined;
  #gradient: readonly Tensor[] | undefined;

  /** Use {@linkcode openLoraTrainer}. */
  constructor(
    pipeline: Pipeline,
    transformer: FluxTransformer,
    options: LoraTrainerOptions,
  ) {
    const { rank, alpha = rank, seed, ema } = options;
    this.#pipeline = pipeline;
    this.#transformer = transformer;
    this.#options = options;
    this.#lora = initLora(transformer.linears(), {
      rank,
      alpha,
      seed,
      targets: options.targets ?? [/_blocks\./],
    });
    const now = this.#lora.parameters();
    this.parameters = this.#lora.names.map((name, i) => ({
      name,
      shape: now[i]!.shape as [number, number],
    }));
    const nothing = () => now.map((x) => keep(zeros(x.device, x.shape)));
    this.#moment1 = nothing();
    this.#moment2 = nothing();
    this.#average = ema === undefined ? undefined : twins(now);
  }

  /**
   * Adds `weight` times the gradient of the mean loss to what is accumulated.
   *
   * @param tasks Composites of one size.
   * @param weight Factor of the gradient.
   * @returns The mean loss, without the factor.
   */
  async accumulate(
    tasks: readonly LoraTask[],
    weight: number,
  ): Promise<number> {
    let loss = 0;
    for (const part of this.#parts(tasks)) {
      const factor = weight * part.length / tasks.length;
      const { value, grads } = await tune(
        this.#pipeline.device,
        () => this.#sumOf(part, factor),
        ({ value, grads }) => free([value, ...grads]),
      );
      free(this.#gradient);
      this.#gradient = grads.map(keep);
      using scaled = value;
      const [own] = await scaled.data();
      loss += own! / weight;
    }
    return loss;
  }

  /**
   * Norm of the accumulated gradient.
   *
   * @returns `‖g‖` over all parameters; 0 if nothing was accumulated.
   */
  async gradientNorm(): Promise<number> {
    if (this.#gradient === undefined) return 0;
    return await globalNorm(this.#gradient);
  }

  /**
   * Updates parameters and average, and forgets the gradient.
   *
   * @param update Number of this update, from 1; learning rate; factor of the
   * gradient.
   */
  update(update: {
    readonly count: number;
    readonly lr: number;
    readonly factor: number;
  }): Promise<void> {
    const { count: step, lr, factor } = update;
    const { adam, ema, emaByUpdates = false } = this.#options;
    const decay = emaByUpdates && ema !== undefined
      ? Math.min(ema, (1 + step) / (10 + step))
      : ema;
    const gradient = this.#gradient;
    if (gradient === undefined) {
      return Promise.reject(
        new Error(
          "Cannot update parameters as there must be a gradient: got none",
        ),
      );
    }
    const now = this.#lora.parameters();
    const next = now.map((param, i) =>
      scope(() => {
        const grad = factor === 1
          ? gradient[i]!
          : affine(gradient[i]!, factor, 0);
        const [m, v] = [this.#moment1[i]!, this.#moment2[i]!];
        const stepped = adamwStep({ param, grad, m, v }, { ...adam, lr, step });
        const average = this.#average?.[i];
        return {
          ...stepped,
          average: average && decay !== undefined
            ? sub(average, affine(sub(average, stepped.param), 1 - decay, 0))
            : undefined,
        };
      })
    );
    free(this.#moment1);
    free(this.#moment2);
    free(this.#average);
    this.#lora.replace(next.map(({ param }) => keep(param)));
    this.#moment1 = next.map(({ m }) => keep(m));
    this.#moment2 = next.map(({ v }) => keep(v));
    if (this.#average !== undefined) {
      this.#average = next.map(({ average }) => keep(average!));
    }
    this.discard();
    return this.#pipeline.device.sync();
  }

  /** Forgets the accumulated gradient. */
  discard(): void {
    free(this.#gradient);
    this.#gradient = undefined;
  }

  /**
   * Loss of a task, without a gradient.
   *
   * @param task Composite with its noise level.
   * @returns The loss.
   */
  async loss(task: LoraTask): Promise<number> {
    using value = await tune(
      this.#pipeline.device,
      () => scope(() => this.#lossOf([task])),
      (value) => value.dispose(),
    );
    const [loss] = await value.data();
    return loss!;
  }

  /**
   * Edits a task's query as its example shows, with the averaged parameters if
   * there are any.
   *
   * @param task Composite; its fourth panel is not used.
   * @param options Seed of the noise, Euler steps, guidance.
   * @returns The edited query.
   */
  async sample(
    task: LoraTask,
    options: {
      readonly seed: number;
      readonly steps: number;
      readonly guidance: number;
    },
  ): Promise<Image> {
    const raw = twins(this.#lora.parameters());
    if (this.#average !== undefined) this.#lora.replace(twins(this.#average));
    try {
      const { noise = {} } = this.#options;
      return await editTask(this.#pipeline, task, { ...options, noise });
    } finally {
      this.#lora.replace(raw);
    }
  }

  /**
   * Downloads everything that training changes.
   *
   * @returns Copies in host memory.
   */
  async read(): Promise<LoraTrainerState> {
    const values = (tensors: readonly Tensor[]) =>
      downloadValues(this.#lora.names, tensors);
    return {
      weights: await values(this.#lora.parameters()),
      average: this.#average && await values(this.#average),
      moment1: await values(this.#moment1),
      moment2: await values(this.#moment2),
    };
  }

  /**
   * Puts back what {@linkcode LoraTrainer.read} gave.
   *
   * @param state Values of the same parameters.
   *
   * @throws {RangeError} If a parameter is missing or of another size.
   */
  write(state: LoraTrainerState): void {
    const { device } = this.#pipeline;
    const upload = (values: LoraValues) =>
      uploadValues(this.parameters, { device, values });
    const { weights, moment1, moment2, average } = state;
    const [first, second] = [upload(moment1), upload(moment2)];
    free(this.#moment1);
    free(this.#moment2);
    [this.#moment1, this.#moment2] = [first, second];
    this.#lora.replace(upload(weights));
    if (this.#average === undefined) return;
    const restored = upload(average ?? weights);
    free(this.#average);
    this.#average = restored;
  }

  /** Takes the branches away and frees everything but the pipeline. */
  [Symbol.asyncDispose](): Promise<void> {
    this.discard();
    this.#lora.dispose();
    for (const tensors of [this.#moment1, this.#moment2, this.#average]) {
      free(tensors);
    }
    return Promise.resolve();
  }

  /** Loss and gradient, added to what is accumulated. */
  #sumOf(tasks: readonly LoraTask[], factor: number) {
    return scope(() => {
      const { value, grads } = this.#gradientOf(tasks, factor);
      const before = this.#gradient;
      const total = before === undefined
        ? grads
        : grads.map((grad, i) => add(before[i]!, grad));
      return { value, grads: total };
    });
  }

  #gradientOf(tasks: readonly LoraTask[], factor: number) {
    const parameters = this.#lora.parameters();
    const loss = () => affine(this.#lossOf(tasks), factor, 0);
    return valueAndGrad(loss, parameters);
  }

  #lossOf(tasks: readonly LoraTask[]): Tensor {
    const { guidance = 1, noise = {}, checkpoint = true } = this.#options;
    const { inputs, target, mask } = trainInputs(this.#pipeline.device, {
      tasks,
      noise,
    });
    const velocity = this.#transformer.forward({
      ...inputs,
      ...(this.#transformer.config.guidanceEmbeds ? { guidance } : {}),
      checkpoint,
    }); // [B, I, 4c]
    return flowMatchingLoss(velocity, target, mask); // []
  }

  /** Tasks that go through the model together. */
  #parts(tasks: readonly LoraTask[]): LoraTask[][] {
    const { tokens } = taskLayout(tasks[0]!);
    const size = Math.max(1, Math.floor(TOKENS_AT_ONCE / tokens));
    return Array.from(
      { length: Math.ceil(tasks.length / size) },
      (_, i) => tasks.slice(i * size, (i + 1) * size),
    );
  }
}

/**
 * Begins the training of a LoRA on a pipeline that has none.
 *
 * @param pipeline Model to train on, which stays frozen.
 * @param options See {@linkcode LoraTrainerOptions}.
 * @returns The trainer, owned by the caller, to be disposed before the pipeline.
 *
 * @throws {RangeError} If rank, alpha or seed is out of range, or a target
 * matches no layer.
 *
 * @example Usage
 * ```ts
 * import { openDevice } from "@edit-transfer/tensor";
 * import { loadPipeline } from "@edit-transfer/pipeline";
 * import { openLoraTrainer } from "@edit-transfer/training";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu", { threads: 1 });
 * {
 *   await using pipeline = await loadPipeline("models/micro", { device });
 *   await using trainer = await openLoraTrainer(pipeline, {
 *     rank: 2,
 *     targets: ["attn.to_q"],
 *     seed: 42,
 *     adam: { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01 },
 *   });
 *   assert.deepEqual(trainer.parameters[0]?.shape, [2, 192]);
 * }
 * ```
 */
export async function openLoraTrainer(
  pipeline: Pipeline,
  options: LoraTrainerOptions,
): Promise<LoraTrainer> {
  return new LoraTrainer(pipeline, await pipeline.transformer(), options);
}
