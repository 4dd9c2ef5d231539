import type { FluxTransformer } from "@edit-transfer/dit";
import { flowMatchingLoss } from "@edit-transfer/flow";
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
import type { LoraTrainerOptions } from "./lora_trainer_options.ts";
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

/** What a loss is multiplied by and compared with. */
interface LossOptions {
  readonly factor: number;
  /** Velocities to hold to, `[B, I, 4c]`; noise less data if undefined. */
  readonly velocity: Tensor | undefined;
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
  readonly #reference: readonly Tensor[] | undefined;
  #moment1: readonly Tensor[];
  #moment2: readonly Tensor[];
  #average: readonly Tensor[] | undefined;
  #gradient: readonly Tensor[] | undefined;

  /** Use `openLoraTrainer`. */
  constructor(
    pipeline: Pipeline,
    transformer: FluxTransformer,
    options: LoraTrainerOptions,
  ) {
    const { rank, alpha = rank, seed, start, ema } = options;
    this.#pipeline = pipeline;
    this.#transformer = transformer;
    this.#options = options;
    this.#lora = initLora(transformer.linears(), {
      rank,
      alpha,
      seed,
      targets: options.targets ?? [/_blocks\./],
    });
    const shapes = this.#lora.parameters().map(({ shape }) => shape);
    this.parameters = this.#lora.names.map((name, i) => ({
      name,
      shape: shapes[i] as [number, number],
    }));
    if (start !== undefined) this.#lora.replace(this.#upload(start));
    const now = this.#lora.parameters();
    this.#reference = start && twins(now);
    const nothing = () => now.map((x) => keep(zeros(x.device, x.shape)));
    this.#moment1 = nothing();
    this.#moment2 = nothing();
    this.#average = ema === undefined ? undefined : twins(now);
  }

  /**
   * Adds `weight` times the gradient of the mean loss to what is accumulated.
   *
   * @param tasks Composites; those of one shape go through the model together.
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
      const velocity = await this.#preserved(part); // [B, I, 4c]
      const { value, grads } = await tune(
        this.#pipeline.device,
        () => this.#sumOf(part, { factor, velocity }),
        ({ value, grads }) => free([value, ...grads]),
      );
      velocity?.dispose();
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
   * @param options Whether to judge the averaged parameters, if there are any.
   * @returns The loss.
   */
  loss(
    task: LoraTask,
    { average = false }: { readonly average?: boolean | undefined } = {},
  ): Promise<number> {
    const body = async () => {
      using value = await tune(
        this.#pipeline.device,
        () => scope(() => this.#lossOf([task])),
        (value) => value.dispose(),
      );
      const [loss] = await value.data();
      return loss!;
    };
    return average ? this.#with(this.#average, body) : body();
  }

  /**
   * Edits a task's query as its example shows, with the averaged parameters if
   * there are any.
   *
   * @param task Composite; its fourth panel is not used.
   * @param options Seed of the noise, Euler steps, guidance.
   * @returns The edited query.
   */
  sample(
    task: LoraTask,
    options: {
      readonly seed: number;
      readonly steps: number;
      readonly guidance: number;
    },
  ): Promise<Image> {
    const { noise = {}, conditions = "joint", conditionSigma = 0 } =
      this.#options;
    return this.#with(
      this.#average,
      () =>
        editTask(this.#pipeline, task, {
          ...options,
          noise,
          conditions,
          conditionSigma,
        }),
    );
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
    const { weights, moment1, moment2, average } = state;
    const [first, second] = [this.#upload(moment1), this.#upload(moment2)];
    free(this.#moment1);
    free(this.#moment2);
    [this.#moment1, this.#moment2] = [first, second];
    this.#lora.replace(this.#upload(weights));
    if (this.#average === undefined) return;
    const restored = this.#upload(average ?? weights);
    free(this.#average);
    this.#average = restored;
  }

  /** Takes the branches away and frees everything but the pipeline. */
  [Symbol.asyncDispose](): Promise<void> {
    this.discard();
    this.#lora.dispose();
    free(this.#moment1);
    free(this.#moment2);
    free(this.#average);
    free(this.#reference);
    return Promise.resolve();
  }

  #upload(values: LoraValues): Tensor[] {
    const { device } = this.#pipeline;
    return uploadValues(this.parameters, { device, values });
  }

  /** Runs `body` with other parameters in place, if there are any. */
  async #with<T>(
    parameters: readonly Tensor[] | undefined,
    body: () => Promise<T>,
  ): Promise<T> {
    if (parameters === undefined) return await body();
    const raw = twins(this.#lora.parameters());
    this.#lora.replace(twins(parameters));
    try {
      return await body();
    } finally {
      this.#lora.replace(raw);
    }
  }

  /** Velocities of the reference where tasks are held to it, `[B, I, 4c]`. */
  async #preserved(tasks: readonly LoraTask[]): Promise<Tensor | undefined> {
    if (tasks[0]!.preserve === undefined) return undefined;
    if (this.#reference === undefined) {
      throw new RangeError(
        "Cannot preserve what a LoRA knows as training must begin from one: got a new LoRA",
      );
    }
    return await this.#with(
      this.#reference,
      () =>
        tune(
          this.#pipeline.device,
          () => scope(() => this.#forward(tasks).velocity),
          (velocity) => velocity.dispose(),
        ),
    );
  }

  /** Loss and gradient, added to what is accumulated. */
  #sumOf(tasks: readonly LoraTask[], options: LossOptions) {
    return scope(() => {
      const { value, grads } = this.#gradientOf(tasks, options);
      const before = this.#gradient;
      const total = before === undefined
        ? grads
        : grads.map((grad, i) => add(before[i]!, grad));
      return { value, grads: total };
    });
  }

  #gradientOf(
    tasks: readonly LoraTask[],
    { factor, velocity }: LossOptions,
  ) {
    const parameters = this.#lora.parameters();
    const loss = () => affine(this.#lossOf(tasks, velocity), factor, 0);
    return valueAndGrad(loss, parameters);
  }

  /** `mean (v − (ε − x₀))²` over the fourth panel, or against another velocity. */
  #lossOf(tasks: readonly LoraTask[], preserved?: Tensor): Tensor {
    const { velocity, target, mask } = this.#forward(tasks);
    const loss = flowMatchingLoss(velocity, preserved ?? target, mask); // []
    return preserved === undefined
      ? loss
      : affine(loss, tasks[0]!.preserve!, 0);
  }

  #forward(tasks: readonly LoraTask[]) {
    const { guidance = 1, noise = {}, checkpoint = true } = this.#options;
    const { conditions = "joint", conditionSigma: sigma = 0 } = this.#options;
    const { inputs, target, mask } = trainInputs(this.#pipeline.device, {
      tasks,
      noise,
      kept: conditions === "kept" ? { sigma } : undefined,
    });
    const velocity = this.#transformer.forward({
      ...inputs,
      ...(this.#transformer.config.guidanceEmbeds ? { guidance } : {}),
      checkpoint,
    }); // [B, I, 4c]
    return { velocity, target, mask };
  }

  /** Tasks that go through the model together: of one shape, those that are preserved apart. */
  #parts(tasks: readonly LoraTask[]): LoraTask[][] {
    const kinds = Map.groupBy(
      tasks,
      ({ preserve, latents: { shape } }) => `${preserve} ${shape}`,
    );
    return [...kinds.values()].flatMap((kind) => {
      const { tokens } = taskLayout(kind[0]!);
      const size = Math.max(1, Math.floor(TOKENS_AT_ONCE / tokens));
      return Array.from(
        { length: Math.ceil(kind.length / size) },
        (_, i) => kind.slice(i * size, (i + 1) * size),
      );
    });
  }
}
