import { LIMITS } from "@edit-transfer/files/limits";
import {
  CONDITIONS,
  conditionTable,
  drawnSets,
  evaluate,
  openEditor,
  readCases,
  reportOf,
  reportPaths,
  writeReport,
} from "@edit-transfer/evaluate";
import type { Split } from "@edit-transfer/figures";
import { chooseModel } from "@edit-transfer/transfer";
import type { Conditions } from "@edit-transfer/pipeline";
import { openDevice } from "@edit-transfer/tensor";
import { print, Progress, UsageError } from "@edit-transfer/terminal";
import { Option } from "commander";
import { join } from "node:path";
import { integer } from "../flags.ts";
import { checkFree, makeFolder } from "../output.ts";
import { locateModel } from "../locate_model.ts";
import type { Context, Verb } from "../verb.ts";

/** Flags of `evaluate`. */
interface EvaluateFlags {
  readonly model?: string | undefined;
  readonly lora?: string | undefined;
  readonly loraAllowUnmatched?: true | undefined;
  readonly device: "auto" | "webgpu" | "cpu";
  readonly count: number;
  readonly seed: number;
  readonly steps?: number | undefined;
  readonly editConditions?: Conditions | undefined;
  readonly split: Split;
  readonly cases?: string | undefined;
  readonly size: number;
  readonly conditions?: readonly string[] | undefined;
  readonly sheet: number;
  readonly output?: string | undefined;
  readonly json?: true | undefined;
  readonly quiet?: true | undefined;
}

/** `evaluate`: measures of a model on cases whose answers are known. */
export const verb: Verb = (command, context) => {
  const names = CONDITIONS.map(({ name }) => name);
  command
    .option("--model <path>", "model folder or file (default: the embedded)")
    .option("--lora <file>", "LoRA instead of the one that the model names")
    .option(
      "--lora-allow-unmatched",
      "leave out layers of a LoRA that the model does not have",
    )
    .addOption(
      new Option("--device <name>", "where to run")
        .choices(["auto", "webgpu", "cpu"]).default("auto"),
    )
    .option("--count <n>", "cases of each set", integer(LIMITS.cases), 64)
    .option("--seed <n>", "seed of the sets", integer(LIMITS.seed), 1)
    .option(
      "--steps <n>",
      "denoising steps (default: the model's)",
      integer(LIMITS.steps),
    )
    .addOption(
      new Option(
        "--edit-conditions <how>",
        "whether given panels are computed in every step (default: the LoRA's)",
      ).choices(["joint", "kept"]),
    )
    .addOption(
      new Option("--split <name>", "whose identities and edits")
        .choices(["train", "test", "unseen"]).default("test"),
    )
    .option("--cases <dir>", "cases that `figures` wrote, for the first set")
    .option(
      "--size <n>",
      "side of a panel in pixels",
      integer(LIMITS.figureSide),
      64,
    )
    .addOption(
      new Option("--conditions <names...>", "what to measure (default: all)")
        .choices(names),
    )
    .option(
      "--sheet <n>",
      "rows of a contact sheet; 0 for none",
      integer(LIMITS.sheetRows),
      16,
    )
    .option("-o, --output <dir>", "folder for report, cases and sheets")
    .option("--json", "print the report as JSON")
    .option("--quiet", "no progress")
    .action((flags) => run(flags, context));
};

async function run(flags: EvaluateFlags, { signal }: Context): Promise<void> {
  const { model, lora, split, count, seed, output } = flags;
  const conditions = CONDITIONS.filter(({ name }) =>
    flags.conditions?.includes(name) ?? true
  );
  const folder = flags.cases;
  const given = folder === undefined
    ? undefined
    : await readCases(folder, { count });
  if (given?.length === 0) {
    throw new UsageError(
      `Cannot evaluate as there must be a case: got none in "${folder}"`,
    );
  }
  const size = given?.[0]?.query.width ?? flags.size;
  const drawn = drawnSets({ split, seed, count, size });
  const sets = given === undefined
    ? drawn
    : { ...drawn, seen: () => Promise.resolve(given) };
  if (output !== undefined) {
    await makeFolder(output, "the report");
    const names = conditions.map(({ name }) => name);
    const inputs = [
      ...folder === undefined ? [] : [join(folder, "cases.jsonl")],
      ...[model, lora].filter((path) => path !== undefined),
    ];
    for (const path of reportPaths(output, names)) {
      await checkFree(path, inputs);
    }
  }
  using device = await openDevice(flags.device);
  const progress = new Progress({
    quiet: flags.quiet,
    units: ["cases", "case"],
  });
  try {
    const path = model && await locateModel(model);
    await using editor = await openEditor(path, {
      device,
      steps: flags.steps,
      conditions: flags.editConditions,
      loras: lora === undefined ? undefined : [{
        path: lora,
        allowUnmatched: flags.loraAllowUnmatched === true,
      }],
      onNotice: (notice) => progress.note(`notice: ${notice}`),
    });
    const { loras: own } = await chooseModel(path);
    progress.start();
    const results = await Array.fromAsync(evaluate(editor, {
      sets,
      conditions,
      keepOutputs: output === undefined ? 0 : flags.sheet,
      signal,
      onProgress: ({ condition, done, cases }) =>
        progress.step(done, cases, { label: condition.name }),
    }));
    progress.end();
    const report = reportOf(results, {
      model: model ?? "embedded",
      lora: lora ?? (own.length === 0 ? "none" : "the model's own"),
      cases: folder ?? split,
      count,
      seed,
      steps: editor.steps,
      ...editor.conditions === "kept" && { editConditions: "kept" },
      size,
      device: device.name,
    });
    if (output !== undefined) await writeReport(output, report, results);
    print(
      flags.json ? JSON.stringify(report) : conditionTable(report).trimEnd(),
    );
  } finally {
    progress.end();
  }
}
