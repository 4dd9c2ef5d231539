import { LIMITS } from "@edit-transfer/files/limits";
import { tileGrid } from "@edit-transfer/image";
import { seedsAtOnce } from "@edit-transfer/pipeline";
import { integer, withEditFlags, withModelFlags } from "../flags.ts";
import { makePictures } from "../make_pictures.ts";
import {
  earlierEdit,
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
    .option(
      "--query <images...>",
      "the picture to edit; several with --from-edit",
    )
    .option(
      "--from-edit <file>",
      "an edit that --save-edit wrote, in place of example and words",
    )
    .option(
      "--save-edit <file>",
      "write the edit itself too, to use on other pictures",
    )
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
    .action(({ query: queries, ...flags }) =>
      run({ ...flags, queries, query: queries?.[0] }, context)
    );
  withModelFlags(command, { guidance: GUIDANCE });
};

async function run(flags: EditFlags, context: Context): Promise<void> {
  if (await isFromFile(flags)) {
    const { editFromFile } = await import("../from_edit.ts");
    return await editFromFile(flags, context);
  }

  // 1. flags, and what an earlier run says; the pictures decode
  const plan = await planEdit(flags);
  if (flags.saveEdit !== undefined) {
    const { checkSaveEdit } = await import("../save_edit.ts");
    await checkSaveEdit(flags.saveEdit, { plan, force: flags.force });
  }
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
        query: fit === "match" ? images.query : undefined,
        seeds,
        strength,
        lock,
        rank: plan.keepBest !== undefined,
        previewDir,
        conditions,
      });
    },

    // 2. text and pictures encoded
    async prepare(model, { hashes: ofModel }) {
      const inputs = { ...images, edit, prompt, panelSize, fit };
      const prepared = await model.prepare(inputs);
      const settings = settingsOf(plan, model.pipeline.defaults);
      if (strength !== 1) await prepared.wordless?.(); // while encoders are there
      const saved: string[] = [];
      if (flags.saveEdit !== undefined) {
        const { saveEdit } = await import("../save_edit.ts");
        await saveEdit(flags.saveEdit, {
          plan,
          prepared,
          settings,
          pictures: hashes,
          hashes: ofModel,
          signal,
        });
        saved.push(`The edit itself is written to "${flags.saveEdit}"`);
      }
      return {
        prompt: prepared.prompt,
        guidance: GUIDANCE,
        notices: [...notices, ...prepared.notices, ...saved],
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
          ? ({ panel }) => tileGrid([...prepared.panels, panel!])
          : undefined,
      };
    },
  }, context);
}

/** Whether an edit comes from a file, named by a flag or by an earlier run. */
async function isFromFile(
  { fromEdit, example, configFrom }: EditFlags,
): Promise<boolean> {
  if (fromEdit !== undefined) return true;
  if (example !== undefined || configFrom === undefined) return false;
  return "edit" in (await earlierEdit(configFrom)).record.inputs;
}
