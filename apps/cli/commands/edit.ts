import { LIMITS } from "@edit-transfer/files/limits";
import { tileGrid } from "@edit-transfer/image";
import { seedsAtOnce } from "@edit-transfer/pipeline";
import { integer, withEditFlags, withModelFlags } from "../flags.ts";
import { makePictures } from "../make_pictures.ts";
import {
  type EditFlags,
  editRecord,
  GUIDANCE,
  planEdit,
  readInputs,
  settingsOf,
} from "../plan_edit.ts";
import type { Context, Verb } from "../verb.ts";

/** `edit`: the edit of an example pair, transferred to a query picture. */
export const verb: Verb = (command, context) => {
  command
    .option("--example <files...>", "the example: BEFORE and AFTER")
    .option("--query <image>", "the picture to edit")
    .option("--edit <words>", 'what the edit does, e.g. "raising arms"')
    .option("--prompt <text>", "caption of all four panels, instead of --edit");
  withEditFlags(command)
    .option(
      "--keep-best <k>",
      "rank the seeds, and write the best of them only",
      integer([1, LIMITS.seedsAtOnce[1]]),
    )
    .option("--save-grid", "write all four panels too, as OUT_grid.png")
    .addHelpText(
      "after",
      "\nExample:\n  edit --example before.png after.png --query photo.png" +
        ' --edit "raising arms" -o out.png',
    )
    .action((flags) => run(flags, context));
  withModelFlags(command, { guidance: GUIDANCE });
};

async function run(flags: EditFlags, context: Context): Promise<void> {
  // 1. flags, and what an earlier run says; the pictures decode
  const plan = await planEdit(flags);
  const { images, hashes, notices } = await readInputs(plan);
  const { edit, prompt, panelSize, fit, seeds, ...options } = plan;
  const { guidance, strength, lock, noise } = options;
  const { saveGrid, previewDir } = flags;
  const { signal } = context;

  await makePictures({
    name: "edit",
    plan,
    flags,
    grids: saveGrid,
    async memory() {
      const { editMemory } = await import("../memory_plan.ts");
      const { conditions } = plan;
      return editMemory({
        panelSize,
        seeds,
        strength,
        lock,
        rank: plan.keepBest !== undefined,
        previewDir,
        conditions,
      });
    },

    // 2. text and pictures encoded
    async prepare(model) {
      const inputs = { ...images, edit, prompt, panelSize, fit };
      const prepared = await model.prepare(inputs);
      const settings = settingsOf(plan, model.pipeline.defaults);
      if (strength !== 1) await prepared.wordless?.(); // while encoders are there
      return {
        prompt: prepared.prompt,
        guidance: GUIDANCE,
        notices: [...notices, ...prepared.notices],
        timings: prepared.timings,
        [Symbol.dispose]: () => prepared[Symbol.dispose](),

        // 3. a picture a seed, with its record
        atOnce: seedsAtOnce(prepared.layout, settings.conditions),
        run: (seeds, onStep) =>
          prepared.runSeeds(seeds, {
            ...settings,
            guidance,
            strength,
            lock,
            noise,
            signal,
            onStep,
          }),
        rank: (results) => prepared.rank(results, signal),
        record: (made) =>
          editRecord(plan, { ...made, prepared, hashes, settings }),
        grid: saveGrid
          ? (image) => tileGrid([...prepared.panels, image])
          : undefined,
      };
    },
  }, context);
}
