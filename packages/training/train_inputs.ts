import type { EncodedCaption, HostTensor } from "@edit-transfer/dataset";
import { gridIds, packLatents, panelMask } from "@edit-transfer/composite";
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
  const { latents: { shape }, text } = tasks[0]!;
  const [c, H, W] = shape as [number, number, number];
  const mask = panelMask(H / 2, W / 2); // [I]
  const each = mask.length * 4 * c;
  const x = new Float32Array(tasks.length * each); // [B, I, 4c]
  const v = new Float32Array(tasks.length * each); // [B, I, 4c]
  for (const [b, { latents, seed, sigma }] of tasks.entries()) {
    const noise = packLatents(latentNoise(seed, [c, H, W], options), [c, H, W]);
    const clean = packLatents(latents.data, [c, H, W]); // [I, 4c]
    const rest = Math.fround(1 - sigma);
    for (let i = 0; i < each; i++) {
      const x0 = clean[i]!;
      const epsilon = noise[i]!;
      const mixed = Math.fround(rest * x0) + Math.fround(sigma * epsilon);
      x[b * each + i] = mask[Math.floor(i / (4 * c))] === 1 ? mixed : x0;
      v[b * each + i] = epsilon - x0;
    }
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
  const tokens = [mask.length, 4 * c];
  return {
    inputs: {
      img: batch(x, tokens), // [B, I, 4c]
      txt: joined((task) => task.text.states), // [B, T, C]
      pooled: joined((task) => task.text.pooled), // [B, C]
      timestep: tasks.map(({ sigma }) => sigma),
      imgIds: gridIds(H / 2, W / 2),
      txtIds: Array.from({ length: text.states.shape[0]! }, () => [0, 0, 0]),
    },
    target: batch(v, tokens), // [B, I, 4c]
    mask,
  };
}
