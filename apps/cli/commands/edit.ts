import { tileGrid } from "@edit-transfer/image";
import { edit as runEdit, prepareEdit } from "@edit-transfer/transfer";
import { type EditFlags, planEdit } from "../plan_edit.ts";
import type { Context } from "../program.ts";
import { readInputs } from "../read_inputs.ts";
import { runModel } from "../run_model.ts";

/** Transfers the edit of an example pair to a query picture. */
export async function edit(flags: EditFlags, context: Context): Promise<void> {
  const plan = await planEdit(flags);
  const { images, files } = await readInputs(plan);
  const { edit, prompt, panelSize, fit, steps, guidance, noise } = plan;
  await runModel({
    name: "edit",
    plan,
    flags,
    async prepare(pipeline) {
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
        run: (seed) =>
          runEdit(prepared, {
            seed,
            steps,
            guidance,
            noise,
            signal: context.signal,
          }),
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
        grid: flags.saveGrid === true
          ? (image) => tileGrid([...prepared.panels, image])
          : undefined,
        [Symbol.dispose]: () => prepared[Symbol.dispose](),
      };
    },
  }, context);
}
