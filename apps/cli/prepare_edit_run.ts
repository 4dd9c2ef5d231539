import { tileGrid } from "@edit-transfer/image";
import { type Pipeline, prepareEdit } from "@edit-transfer/pipeline";
import type { EditPlan } from "./plan_edit.ts";
import type { EditImages } from "./read_inputs.ts";
import type { PreparedRun } from "./run_model.ts";

/** Encodes what all seeds of an edit share. */
export async function prepareEditRun(
  pipeline: Pipeline,
  options: {
    readonly plan: EditPlan;
    readonly inputs: EditImages;
    readonly saveGrid: boolean;
    readonly signal: AbortSignal;
  },
): Promise<PreparedRun> {
  const { plan, inputs: { images, files }, saveGrid, signal } = options;
  const { edit, prompt, panelSize, fit, steps, guidance, noise } = plan;
  const prepared = await prepareEdit(pipeline, {
    ...images,
    edit,
    prompt,
    panelSize,
    fit,
  });
  return {
    prompt: prepared.prompt,
    notices: prepared.notices,
    timings: prepared.timings,
    run: (seed, onStep) =>
      prepared.run({ seed, steps, guidance, noise, signal, onStep }),
    record: (seed, { facts }) => ({
      command: "edit",
      ...facts,
      ...edit === undefined ? {} : { edit },
      prompt: prepared.prompt,
      inputs: files,
      seed,
      steps,
      guidance: guidance ?? 1,
      panelSize: prepared.panelSize,
      fit,
      noise,
    }),
    grid: saveGrid
      ? (image) => tileGrid([...prepared.panels, image])
      : undefined,
    [Symbol.dispose]: () => prepared[Symbol.dispose](),
  };
}
