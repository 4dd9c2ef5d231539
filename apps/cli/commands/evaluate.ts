import { exists } from "@edit-transfer/files";
import { LIMITS } from "@edit-transfer/files/limits";
import {
  CONDITIONS,
  conditionTable,
  type EvaluateProgress,
  Gallery,
  METRICS,
  MORE_CONDITIONS,
  reportOf,
  SUITES,
  writeReport,
} from "@edit-transfer/evaluate";
import { chooseModel } from "@edit-transfer/transfer";
import { openDevice } from "@edit-transfer/tensor";
import { print, Progress } from "@edit-transfer/terminal";
import { InvalidArgumentError, Option } from "commander";
import { rm } from "node:fs/promises";
import {
  checkOutputs,
  chooseRows,
  chooseSets,
  type EvaluateFlags,
  measureRows,
  usableMetrics,
} from "../evaluate_rows.ts";
import { integer } from "../flags.ts";
import { locateModel } from "../locate_model.ts";
import { METHODS } from "../open_methods.ts";
import { METRIC_NAMES, openMetrics } from "../open_metrics.ts";
import { namedFolders } from "../read_methods.ts";
import type { Context, Verb } from "../verb.ts";

/** `evaluate`: measures of a model on cases. */
export const verb: Verb = (command, context) => {
  const names = [...CONDITIONS, ...MORE_CONDITIONS].map(({ name }) => name);
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
      "--seeds <n>",
      "edits of each case, of other noise each",
      integer(LIMITS.seedsEach),
      1,
    )
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
    .option(
      "--cases <dir>",
      "cases that `figures` wrote, or photographs, for the first set",
    )
    .option(
      "--size <n>",
      "side of a panel in pixels",
      integer(LIMITS.figureSide),
      64,
    )
    .addOption(
      new Option(
        "--conditions <names...>",
        "what to measure under (default: the first eight; right, where methods or results are named)",
      ).choices(names),
    )
    .addOption(
      new Option(
        "--suite <names...>",
        "the conditions of an ablation of the paper",
      ).choices(Object.keys(SUITES)).conflicts("conditions"),
    )
    .option(
      "--methods <names...>",
      `what edits (default: ours): ${Object.keys(METHODS).join(", ")}`,
      listOf("a method", Object.keys(METHODS)),
    )
    .option(
      "--results <name=dir...>",
      "pictures that another system made of the first set",
      namedFolders,
    )
    .option(
      "--metrics <names...>",
      `what to measure (default: gain, keep, win): ${METRIC_NAMES.join(", ")}`,
      listOf("a metric", METRIC_NAMES),
    )
    .option(
      "--clip <dir...>",
      "CLIP ViT-L/14, for clip-t, clip-i, clip-dir",
    )
    .option(
      "--pickscore <dir...>",
      "PickScore v1, for pickscore; then the folder of its processor",
    )
    .option(
      "--editclip <dir...>",
      "EditCLIP, for editclip; then that of its processor (default: of --clip)",
    )
    .option("--judge <url>", "endpoint of chat completions, for lmm and vie")
    .option("--judge-model <name>", "name of the model there")
    .option(
      "--sheet <n>",
      "rows of a contact sheet; 0 for none",
      integer(LIMITS.sheetRows),
      16,
    )
    .option("-o, --output <dir>", "folder for report, cases and sheets")
    .option("--save-outputs", "keep all outputs in DIR/outputs")
    .option("--json", "print the report as JSON")
    .option("--quiet", "no progress")
    .action((flags) => run(flags, context));
};

/** Parser of names apart by spaces or commas. */
function listOf(what: string, known: readonly string[]) {
  return (text: string, before: readonly string[] = []): string[] => {
    const names = text.split(",").map((name) => name.trim());
    const strange = names.find((name) => !known.includes(name));
    if (strange !== undefined) {
      throw new InvalidArgumentError(
        `It must be ${what} of ${known.join(", ")}: got "${strange}".`,
      );
    }
    return [...new Set([...before, ...names])];
  };
}

async function run(flags: EvaluateFlags, { signal }: Context): Promise<void> {
  const { model, lora, seed, output } = flags;
  const sets = await chooseSets(flags);
  const rows = await chooseRows(flags, sets);
  const kept = await checkOutputs(flags, rows);
  using device = await openDevice(flags.device);
  const progress = new Progress({
    quiet: flags.quiet,
    units: ["cases", "case"],
  });
  const tell = (notice: string) => progress.note(`notice: ${notice}`);
  let isDone = false;
  try {
    for (const { results } of rows.imported) results.notices.forEach(tell);
    const path = model && await locateModel(model);
    await using opened = await openMetrics(
      flags.metrics ?? METRICS.map(({ name }) => name),
      { ...flags, device, signal, tell },
    );
    const metrics = usableMetrics(opened.metrics, sets, tell);
    const [first] = await sets.sets.seen();
    const outputs = rows.names.length * sets.count * flags.seeds;
    (await opened.starting?.(outputs, first!))?.forEach(tell);
    const gallery = output === undefined ? undefined : new Gallery();
    progress.start();
    const { results, facts } = await measureRows(rows, {
      flags,
      path,
      device,
      kept,
      tell,
      common: {
        sets: sets.sets,
        metrics,
        keepOutputs: output === undefined ? 0 : flags.sheet,
        signal,
        onOutput: gallery?.add.bind(gallery),
        onProgress: counter(progress, rows.names.length * sets.count),
      },
    });
    progress.end();
    opened.ending?.().forEach(tell);
    const { loras: own } = await chooseModel(path);
    const report = reportOf(results, {
      ...rows.methods.size > 0 && {
        model: model ?? "embedded",
        lora: lora ?? (own.length === 0 ? "none" : "the model's own"),
      },
      cases: flags.cases ?? flags.split,
      count: sets.count,
      seed,
      ...facts,
      size: sets.size,
      device: device.name,
    });
    if (output !== undefined) {
      await writeReport(output, report, results, gallery);
    }
    if (kept !== undefined && !flags.saveOutputs) {
      await rm(kept, { recursive: true, force: true });
    }
    isDone = true;
    print(
      flags.json ? JSON.stringify(report) : conditionTable(report).trimEnd(),
    );
  } finally {
    progress.end();
    if (!isDone && kept !== undefined && await exists(kept)) {
      tell(
        `outputs so far are in "${kept}": the same command goes on from there`,
      );
    }
  }
}

/** Counts the cases of all rows; those that were there take no time. */
function counter(
  progress: Progress,
  planned: number,
): (place: EvaluateProgress) => void {
  let done = 0;
  return ({ condition, cases, done: here, kept }) => {
    done++;
    // a row may have fewer cases than planned
    const all = Math.max(planned, done + cases - here);
    if (kept) progress.start(done);
    else progress.step(done, all, { label: condition.name });
  };
}
