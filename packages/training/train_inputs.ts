import type { EncodedCaption, HostTensor } from "@edit-transfer/dataset";
import {
  quadLayout,
  splitQuad,
  takeRows,
  type TokenLayout,
} from "@edit-transfer/composite";
import { latentNoise, type LatentNoiseOptions } from "@edit-transfer/flow";
import type { FluxInputs } from "@edit-transfer/dit";
import { KEPT_GUIDANCE } from "@edit-transfer/pipeline";
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
  /** Noise less data of the tokens of `inputs.img`, `[B, I, 4c]`. */
  readonly target: Tensor;
  /** 1 for those of the fourth panel, else 0: `[I]`. */
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
  { tasks, noise: options, kept }: {
    readonly tasks: readonly LoraTask[];
    readonly noise: LatentNoiseOptions;
    /** Noise level that text and given panels are told, if they are kept. */
    readonly kept?: { readonly sigma: number } | undefined;
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
  const txt = joined((task) => task.text.states); // [B, T, C]
  const txtIds = Array.from({ length: txt.shape[1]! }, () => [0, 0, 0]);
  const pooled = joined((task) => task.text.pooled); // [B, C]
  const width = 4 * shape[0];
  const timestep = tasks.map(({ sigma }) => sigma);
  if (kept === undefined) {
    return {
      inputs: {
        img: batch(x, [tokens, width]), // [B, I, 4c]
        txt,
        pooled,
        timestep,
        imgIds: layout.ids,
        txtIds,
      },
      target: batch(v, [tokens, width]), // [B, I, 4c]
      mask,
    };
  }
  const rowsOf = (values: Float32Array, rows: readonly number[]) => {
    const part = new Float32Array(tasks.length * rows.length * width);
    for (let b = 0; b < tasks.length; b++) {
      const own = values.subarray(b * each, (b + 1) * each);
      part.set(takeRows(own, rows, width), b * rows.length * width);
    }
    return batch(part, [rows.length, width]); // [B, n, 4c]
  };
  const turn = (rows: readonly number[]) => ({
    img: rowsOf(x, rows),
    imgIds: rows.map((row) => layout.ids[row]!),
    pooled,
  });
  const given = { timestep: kept.sigma, guidance: KEPT_GUIDANCE };
  const made = layout.turns.at(-1)!;
  return {
    inputs: {
      ...turn(made),
      timestep,
      before: [
        { txt, txtIds, pooled, ...given },
        ...layout.turns.slice(0, -1).map((rows) => ({
          ...turn(rows),
          ...given,
        })),
      ],
    },
    target: rowsOf(v, made), // [B, n, 4c]
    mask: new Float32Array(made.length).fill(1),
  };
}
