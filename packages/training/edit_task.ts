import { splitQuad } from "@edit-transfer/composite";
import type { HostTensor } from "@edit-transfer/dataset";
import type { LatentNoiseOptions } from "@edit-transfer/flow";
import type { Image } from "@edit-transfer/image";
import { type Conditions, edit, type Pipeline } from "@edit-transfer/pipeline";
import { keep, Tensor } from "@edit-transfer/tensor";
import { type LoraTask, taskLayout } from "./train_inputs.ts";

/** Edits the query of a task as its example shows; its fourth panel is not used. */
export async function editTask(
  pipeline: Pipeline,
  task: LoraTask,
  options: {
    readonly seed: number;
    readonly steps: number;
    readonly guidance: number;
    readonly noise: LatentNoiseOptions;
    readonly conditions: Conditions;
    readonly conditionSigma: number;
  },
): Promise<Image> {
  const layout = taskLayout(task);
  const [before, after, query] = splitQuad(
    task.latents.data,
    layout.answerShape,
  );
  using stack = new DisposableStack();
  const upload = ({ data, shape }: HostTensor) => {
    const tensor = Tensor.from(pipeline.device, data, { shape: [1, ...shape] });
    return stack.use(keep(tensor));
  };
  const text = {
    pooled: upload(task.text.pooled), // [1, C]
    states: upload(task.text.states), // [1, T, C]
    notices: [],
    [Symbol.dispose]() {},
  };
  const latents = [before, after, query] as const;
  const encoded = { pipeline, text, latents, layout };
  const { image } = await edit(encoded, options);
  return image;
}
