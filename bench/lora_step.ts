/**
 * One LoRA training step: rank 16 on all linear layers of the blocks; forward,
 * backward, clipping and AdamW. `bench/pytorch/lora_step.py` is the step of the
 * embedded model in PyTorch and peft.
 *
 * @module
 */
import { FluxTransformer } from "@edit-transfer/dit";
import { flowMatchingLoss } from "@edit-transfer/flow";
import {
  type AdamwState,
  adamwStep,
  clip,
  type Device,
  globalNorm,
  ParameterReader,
  scope,
  Tensor,
  tune,
  valueAndGrad,
  zeros,
} from "@edit-transfer/tensor";
import { randomArray } from "@edit-transfer/testing";
import { type Case, embedded, positions } from "./flux/cases.ts";

const RANK = 16;

/**
 * Loads a model, the embedded one if none is given.
 *
 * @returns A training step, which returns the loss.
 */
export async function loraStep(
  device: Device,
  { batch: B, checkpoint, model: task }: {
    readonly batch: number;
    readonly checkpoint: boolean;
    readonly model?: Case | undefined;
  },
): Promise<() => Promise<number>> {
  const { config, source, I, T } = task ?? await embedded();
  const reader = new ParameterReader(device, source);
  const model = await FluxTransformer.load(reader, config);
  await source.close();
  const normal = (seed: number, shape: readonly number[]) =>
    Tensor.from(
      device,
      randomArray(seed, shape.reduce((a, b) => a * b, 1)),
      { shape },
    );
  const inputs = {
    img: normal(1, [B, I, config.inChannels]),
    txt: normal(2, [B, T, config.jointAttentionDim]),
    pooled: normal(3, [B, config.pooledProjectionDim]),
    timestep: Array.from({ length: B }, (_, i) => (i + 0.5) / B),
    guidance: 1,
    imgIds: positions({ I }),
    txtIds: Array(T).fill([0, 0, 0]),
    checkpoint,
  };
  const target = normal(4, [B, I, config.outChannels]);
  const mask = new Float32Array(I).fill(1);
  const linears = [...model.linears().values()];
  let states: AdamwState[] = linears.flatMap(({ weight }, i) => {
    const [out, input] = weight.shape as [number, number];
    return [normal(10 + i, [RANK, input]), zeros(device, [out, RANK])].map((
      param,
    ) => ({
      param,
      m: zeros(device, param.shape),
      v: zeros(device, param.shape),
    }));
  });
  const attach = () => {
    for (const [i, { branches }] of linears.entries()) {
      const [A, B] = [states[2 * i]!.param, states[2 * i + 1]!.param];
      branches.splice(0, 1, { A, B, scale: 1 });
    }
  };
  attach();
  let step = 0;
  return async () => {
    const { value, grads } = await tune(
      device,
      () =>
        valueAndGrad(
          () =>
            scope(() => flowMatchingLoss(model.forward(inputs), target, mask)),
          states.map(({ param }) => param),
        ),
      ({ value, grads }) => [value, ...grads].forEach((x) => x.dispose()),
    );
    const norm = await globalNorm(grads);
    step++;
    const next = scope(() =>
      clip(grads, { norm, maxNorm: 1 }).map((grad, i) =>
        adamwStep({ ...states[i]!, grad }, { lr: 1e-4, step })
      )
    );
    for (const { param, m, v } of states) {
      for (const tensor of [param, m, v]) tensor.dispose();
    }
    for (const grad of grads) grad.dispose();
    states = next;
    attach();
    const [loss] = await value.data();
    value.dispose();
    return loss!;
  };
}
