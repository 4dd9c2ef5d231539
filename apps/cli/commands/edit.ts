import { editMemory } from "../memory_tasks.ts";
import { type EditFlags, planEdit } from "../plan_edit.ts";
import { prepareEditRun } from "../prepare_edit_run.ts";
import { readInputs } from "../read_inputs.ts";
import { runModel } from "../run_model.ts";
import { fitOption, integer, MAX_SIDE, withModelFlags } from "../flags.ts";
import type { Context, Verb } from "../verb.ts";

/** `edit`: the edit of an example pair, transferred to a query picture. */
export const verb: Verb = (command, context) => {
  command
    .option("--example <files...>", "the example: BEFORE and AFTER")
    .option("--query <image>", "the picture to edit")
    .option("--edit <words>", 'what the edit does, e.g. "raising arms"')
    .option("--prompt <text>", "caption of all four panels, instead of --edit")
    .option(
      "--panel-size <n>",
      "side of a panel in pixels (default: the model's)",
      integer(1, MAX_SIDE),
    )
    .addOption(fitOption())
    .option("--save-grid", "write all four panels too, as OUT_grid.png")
    .addHelpText(
      "after",
      "\nExample:\n  edit --example before.png after.png --query photo.png" +
        ' --edit "raising arms" -o out.png',
    )
    .action((flags) => run(flags, context));
  withModelFlags(command, { guidance: 1 });
};

async function run(flags: EditFlags, context: Context): Promise<void> {
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
