import { editMemory } from "../memory_tasks.ts";
import { type EditFlags, planEdit } from "../plan_edit.ts";
import { prepareEditRun } from "../prepare_edit_run.ts";
import type { Context } from "../program.ts";
import { readInputs } from "../read_inputs.ts";
import { runModel } from "../run_model.ts";

/** Transfers the edit of an example pair to a query picture. */
export async function edit(flags: EditFlags, context: Context): Promise<void> {
  const plan = await planEdit(flags);
  const inputs = await readInputs(plan);
  const { signal } = context;
  const saveGrid = flags.saveGrid === true;
  await runModel({
    name: "edit",
    plan,
    flags,
    memory: editMemory(plan, flags),
    prepare: (pipeline) =>
      prepareEditRun(pipeline, { plan, inputs, saveGrid, signal }),
  }, context);
}
