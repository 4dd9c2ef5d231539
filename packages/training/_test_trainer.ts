import { SeededRandom } from "@edit-transfer/dataset";
import { blankImage } from "@edit-transfer/image";
import { scheduler } from "node:timers/promises";
import type { LoraTrainerState, LoraValues } from "./lora_trainer_state.ts";
import type { LoraTask } from "./train_inputs.ts";
import type { Trainer, TrainerParameter } from "./trainer.ts";

const PARAMETERS: readonly TrainerParameter[] = [
  {
    name: "transformer_blocks.0.attn.to_q.lora_A.weight",
    shape: [2, 6],
  },
  {
    name: "transformer_blocks.0.attn.to_q.lora_B.weight",
    shape: [6, 2],
  },
];

/** A trainer without a model: each parameter is drawn towards a task's numbers. */
export class TestTrainer implements Trainer {
  readonly parameters: readonly TrainerParameter[] = PARAMETERS;
  readonly #ema: number | undefined;
  readonly #milliseconds: number;
  readonly #poison: (seen: number) => boolean;
  readonly #onLoss: () => void;
  readonly #judge: (loss: number) => number;
  #state: LoraTrainerState;
  #gradient: LoraValues = fill(() => 0);
  #seen = 0;

  constructor(
    {
      ema = 0.99,
      milliseconds = 0,
      poison = () => false,
      onLoss = () => {},
      judge = (loss) => loss,
    }: {
      readonly ema?: number | undefined;
      readonly milliseconds?: number;
      /** Whether the n-th accumulation gives a NaN. */
      readonly poison?: (seen: number) => boolean;
      /** Called when a task is judged. */
      readonly onLoss?: () => void;
      /** What becomes of a task's loss when it is judged. */
      readonly judge?: (loss: number) => number;
    } = {},
  ) {
    this.#ema = ema;
    this.#milliseconds = milliseconds;
    this.#poison = poison;
    this.#onLoss = onLoss;
    this.#judge = judge;
    const random = new SeededRandom(9);
    const weights = fill(() => random.uniform() - 0.5);
    this.#state = {
      weights,
      average: ema === undefined ? undefined : copy(weights),
      moment1: fill(() => 0),
      moment2: fill(() => 0),
    };
  }

  async accumulate(
    tasks: readonly LoraTask[],
    weight: number,
  ): Promise<number> {
    if (this.#milliseconds > 0) await scheduler.wait(this.#milliseconds);
    let loss = 0;
    for (const task of tasks) {
      const target = targetOf(task);
      for (const { name } of PARAMETERS) {
        const gradient = this.#gradient[name]!;
        for (const [i, value] of this.#state.weights[name]!.entries()) {
          const away = value - target(i);
          loss += away * away / tasks.length;
          gradient[i]! += 2 * away * weight / tasks.length;
        }
      }
    }
    return this.#poison(this.#seen++) ? NaN : loss;
  }

  gradientNorm(): Promise<number> {
    let squares = 0;
    for (const { name } of PARAMETERS) {
      for (const value of this.#gradient[name]!) squares += value * value;
    }
    return Promise.resolve(Math.sqrt(squares));
  }

  update(
    { count, lr, factor }: Parameters<Trainer["update"]>[0],
  ): Promise<void> {
    const { weights, average, moment1, moment2 } = this.#state;
    for (const { name } of PARAMETERS) {
      const [w, m, v] = [weights[name]!, moment1[name]!, moment2[name]!];
      for (const [i, raw] of this.#gradient[name]!.entries()) {
        const g = raw * factor;
        m[i] = 0.9 * m[i]! + 0.1 * g;
        v[i] = 0.999 * v[i]! + 0.001 * g * g;
        const unbiased = m[i]! / (1 - 0.9 ** count);
        w[i]! -= lr * unbiased /
          (Math.sqrt(v[i]! / (1 - 0.999 ** count)) + 1e-6);
        if (average === undefined || this.#ema === undefined) continue;
        average[name]![i] = this.#ema * average[name]![i]! +
          (1 - this.#ema) * w[i]!;
      }
    }
    this.discard();
    return Promise.resolve();
  }

  discard(): void {
    this.#gradient = fill(() => 0);
  }

  loss(task: LoraTask): Promise<number> {
    this.#onLoss();
    const first = this.#state.weights[PARAMETERS[0]!.name]![0]!;
    const loss = (first - targetOf(task)(0)) ** 2 + task.sigma;
    return Promise.resolve(this.#judge(loss));
  }

  sample(task: LoraTask): ReturnType<Trainer["sample"]> {
    const level = Math.round(Math.abs(task.latents.data[0]!)) % 256;
    return Promise.resolve(blankImage(8, 8, [level, 0, 0]));
  }

  read(): Promise<LoraTrainerState> {
    return Promise.resolve(copyState(this.#state));
  }

  write(state: LoraTrainerState): void {
    this.#state = copyState(state);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

function targetOf(
  { latents, seed, text, sigma }: LoraTask,
): (i: number) => number {
  const first = latents.data[0]! + text.states.data[0]! + seed / 2 ** 32 +
    sigma;
  return (i) => Math.sin(first + i);
}

function fill(value: () => number): LoraValues {
  return Object.fromEntries(
    PARAMETERS.map(({ name, shape }) => [
      name,
      Float32Array.from({ length: shape[0] * shape[1] }, value),
    ]),
  );
}

function copy(values: LoraValues): LoraValues {
  return Object.fromEntries(
    Object.entries(values).map(([name, data]) => [name, data.slice()]),
  );
}

function copyState(state: LoraTrainerState): LoraTrainerState {
  return {
    weights: copy(state.weights),
    average: state.average === undefined ? undefined : copy(state.average),
    moment1: copy(state.moment1),
    moment2: copy(state.moment2),
  };
}
