import type { EncodedCaption, HostTensor } from "@edit-transfer/dataset";
import {
  quadLayout,
  splitQuad,
  type TokenLayout,
} from "@edit-transfer/composite";
import { latentNoise, type LatentNoiseOptions } from "@edit-transfer/flow";
import type { FluxInputs } from "@edit-transfer/dit";
import { type Device, Tensor } from "@edit-transfer/tensor";

/** A composite to learn from or to judge by. */
export interface LoraTask {
  /** Clean latents of all four panels, `[c, 2h, 2w]`. */
  readonly latents: HostTensor;
  /** Its caption: CLIP's vector `[C]` and T5's states `[T, C]`. */
  readonly text: EncodedCaption;
  /** Seed of the noise. */
  readonly seed: number;
  /** Noise level σ in (0, 1]. */
  readonly sigma: number;
  /**
   * Weight of prior preservation: the velocity of the LoRA that training began
   * from is the target in place of `ε − x₀`.
   *
   * @default {the answer is learned from}
   */
  readonly preserve?: number | undefined;
}

/** What a training step feeds the model and compares its output with. */
export interface TrainInputs {
  /** Inputs of the transformer, besides the guidance. */
  readonly inputs: Omit<FluxInputs, "guidance">;
  /** Noise less data, `[B, I, 4c]`. */
  readonly target: Tensor;
  /** 1 for the tokens of the fourth panel, else 0: `[I]`. */
  readonly mask: Float32Array;
}

/** Layout of a task's composite. */
export function taskLayout({ latents: { shape } }: LoraTask): TokenLayout {
  const [c, H, W] = shape as [number, number, number];
  return quadLayout([c, H / 2, W / 2]);
}

/**
 * Noises the fourth panel of composites: `x_t = m ((1 − σ) x₀ + σ ε) + (1 − m) x₀`
 * and the velocity `ε − x₀`, as packed tokens.
 *
 * Source: `add_noise_mask2` in CUC-MIPG/Edit-Transfer@c44a846.
 */
export function trainInputs(
  device: Device,
  { tasks, noise: options }: {
    readonly tasks: readonly LoraTask[];
    readonly noise: LatentNoiseOptions;
  },
): TrainInputs {
  const layout = taskLayout(tasks[0]!);
  const { shape, answerShape, tokens, mask } = layout;
  const each = tokens * 4 * shape[0];
  const x = new Float32Array(tasks.length * each); // [B, I, 4c]
  const v = new Float32Array(tasks.length * each); // [B, I, 4c]
  for (const [b, { latents: { data }, seed, sigma }] of tasks.entries()) {
    const { latents, clean, noise } = layout.compose(
      splitQuad(data, answerShape),
      { noise: latentNoise(seed, shape, options), sigma },
    );
    x.set(latents, b * each);
    v.set(noise.map((epsilon, i) => epsilon - clean[i]!), b * each);
  }
  const batch = (values: Float32Array<ArrayBuffer>, of: readonly number[]) =>
    Tensor.from(device, values, { shape: [tasks.length, ...of] });
  const joined = (part: (task: LoraTask) => HostTensor) => {
    const { shape, data: { length } } = part(tasks[0]!);
    const values = new Float32Array(tasks.length * length);
    for (const [b, task] of tasks.entries()) {
      values.set(part(task).data, b * length);
    }
    return batch(values, shape);
  };
  return {
    inputs: {
      img: batch(x, [tokens, 4 * shape[0]]), // [B, I, 4c]
      txt: joined((task) => task.text.states), // [B, T, C]
      pooled: joined((task) => task.text.pooled), // [B, C]
      timestep: tasks.map(({ sigma }) => sigma),
      imgIds: layout.ids,
      txtIds: Array.from(
        { length: tasks[0]!.text.states.shape[0]! },
        () => [0, 0, 0],
      ),
    },
    target: batch(v, [tokens, 4 * shape[0]]), // [B, I, 4c]
    mask,
  };
}
