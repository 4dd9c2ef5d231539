import { LIMITS } from "@edit-transfer/files/limits";
import { readImageSize, type Size, tileGrid } from "@edit-transfer/image";
import { seedsAtOnce } from "@edit-transfer/pipeline";
import { UsageError } from "@edit-transfer/terminal";
import type { PreparedExample } from "@edit-transfer/transfer";
import { integer, withEditFlags, withModelFlags } from "../flags.ts";
import { makePictures } from "../make_pictures.ts";
import { readInputs, readPicture } from "../edit_images.ts";
import {
  earlierEdit,
  type EditFlags,
  editRecord,
  GUIDANCE,
  planEdit,
  settingsOf,
} from "../plan_edit.ts";
import { labelsOf, stemOf } from "../queries.ts";
import type { Context, Verb } from "../verb.ts";

/** `edit`: the edit of an example pair, transferred to a query picture. */
export const verb: Verb = (command, context) => {
  command
    .option("--example <files...>", "the example: BEFORE and AFTER")
    .option(
      "--query <images...>",
      "pictures to edit, or folders of them",
    )
    .option(
      "--composite <image>",
      "before, after and query in one picture, in place of --example and --query; its fourth panel is not used",
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
    .option(
      "--method <name>",
      "edit by a baseline on the same model instead, such as flowedit (docs/baselines.md)",
    )
    .option(
      "--method-option <name=value...>",
      "an option of the method, such as steps=28",
    )
    .addHelpText(
      "after",
      "\nExample:\n  edit --example before.png after.png --query photo.png" +
        ' --edit "raising arms" -o out.png',
    )
    .action(({ query: queries, ...flags }) =>
      run({ ...flags, queries }, context)
    );
  withModelFlags(command, { guidance: GUIDANCE });
};

async function run(flags: EditFlags, context: Context): Promise<void> {
  if (await isByMethod(flags)) {
    const { editByMethod } = await import("../edit_by_method.ts");
    return await editByMethod(flags, context);
  }
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
  const first = await readInputs(plan);
  const { images, hashes } = first;
  const { queries, edit, prompt, panelSize, fit, seeds, ...options } = plan;
  const sizes: Size[] = [images.query];
  for (const { path } of queries.slice(1)) { // all, before any work
    sizes.push(await readImageSize(path));
  }
  const { guidance, strength, lock, noise } = options;
  const { saveGrid, previewDir } = flags;
  const { signal } = context;
  let example: PreparedExample | undefined;

  await makePictures({
    name: "edit",
    plan,
    flags,
    inputs: labelsOf(queries),
    stem: stemOf(queries),
    grids: saveGrid,
    async memory() {
      const { editMemory } = await import("../memory_plan.ts");
      const { conditions } = plan;
      return editMemory({
        panelSize,
        queries: fit === "match" ? sizes : undefined,
        seeds,
        strength,
        lock,
        rank: plan.keepBest !== undefined,
        previewDir,
        conditions,
      });
    },

    // 2. the words, then the pictures encoded
    async share(model) {
      const { before, after } = images;
      const shown = { before, after, edit, prompt, panelSize, fit };
      return example = await model.prepareExample(shown);
    },
    async prepare(model, { index, hashes: ofModel }) {
      const query = queries[index]!;
      const { image, sha256, notices } = index === 0
        ? { image: images.query, sha256: hashes.query, notices: first.notices }
        : await readPicture(query);
      const prepared = await example!.prepare(image);
      const settings = settingsOf(plan, model.pipeline.defaults);
      if (strength !== 1) await prepared.wordless?.(); // while encoders are there
      const saved: string[] = [];
      if (flags.saveEdit !== undefined && index === 0) {
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
          editRecord(plan, {
            ...made,
            prepared,
            query,
            hashes: { ...hashes, query: sha256 },
            settings,
          }),
        grid: saveGrid
          ? ({ panel }) => tileGrid([...prepared.panels, panel!])
          : undefined,
      };
    },
  }, context);
}

/** Whether a baseline edits, by a flag or as in an earlier run. */
async function isByMethod(
  { method, methodOption, configFrom }: EditFlags,
): Promise<boolean> {
  if (method !== undefined) return true;
  const isRepeated = configFrom !== undefined &&
    (await earlierEdit(configFrom)).record.method !== undefined;
  if (isRepeated || methodOption === undefined) return isRepeated;
  throw new UsageError(
    `Cannot set an option of a method as --method must name it: got --method-option ${
      methodOption[0]
    } alone`,
  );
}

/** Whether an edit comes from a file, named by a flag or by an earlier run. */
async function isFromFile(
  { fromEdit, example, configFrom }: EditFlags,
): Promise<boolean> {
  if (fromEdit !== undefined) return true;
  if (example !== undefined || configFrom === undefined) return false;
  return "edit" in (await earlierEdit(configFrom)).record.inputs;
}
