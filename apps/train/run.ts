import {
  EXIT_CODES,
  exitCodeOf,
  explain,
  flushOutput,
  interruptible,
  print,
  Progress,
  required,
  warn,
} from "@edit-transfer/terminal";
import {
  runTraining,
  type RunTrainingOptions,
  type TrainConfig,
  type TrainResult,
} from "@edit-transfer/training";
import { Command } from "commander";
import { basename, resolve } from "node:path";
import { beginFromLora } from "./begin_from_lora.ts";
import { EMBEDDED_MODEL } from "./config_schema.ts";
import { dryRun } from "./dry_run.ts";
import { initConfig } from "./init_config.ts";
import { locateModel } from "./locate_model.ts";
import { readConfig } from "./parse_config.ts";
import { resolveConfig } from "./resolve_config.ts";

/** Flags as they are parsed. */
interface Flags {
  readonly config?: string | undefined;
  readonly set?: readonly string[] | undefined;
  readonly resume?: true | string | undefined;
  readonly dryRun?: true | undefined;
  readonly prepare?: true | undefined;
  readonly quiet?: true | undefined;
}

/** What a command line is run with. */
interface RunOptions extends Pick<RunTrainingOptions, "openModel"> {
  readonly signal: AbortSignal;
}

/**
 * Runs one command line. The first Ctrl-C, SIGTERM or SIGHUP finishes the step
 * and saves, the second one ends the program at once.
 *
 * Returns the exit code, one of `EXIT_CODES`.
 */
export async function run(
  args: readonly string[],
  { openModel }: Pick<RunTrainingOptions, "openModel"> = {},
): Promise<number> {
  const onInterrupt = () =>
    warn("\nfinishing the step; press Ctrl-C again to stop at once");
  try {
    const code = await interruptible(
      (signal) => runArguments(args, { openModel, signal }),
      { onInterrupt },
    );
    await flushOutput();
    return code;
  } catch (error) {
    const message = explain(error, { stack: args.includes("--verbose") });
    if (message !== undefined) warn(message);
    await flushOutput().catch(() => {});
    return exitCodeOf(error);
  }
}

async function runArguments(
  args: readonly string[],
  { openModel, signal }: RunOptions,
): Promise<number> {
  if (args[0] === "init") {
    await init(args.slice(1));
    return EXIT_CODES.success;
  }
  // 1. flags and config
  const { config: file, ...flags } = parse(args);
  const path = required(file, "train", "--config FILE");
  const { config: resolved, notices } = resolveConfig(
    await beginFromLora(await readConfig(path, flags)),
  );
  const config = await locateModel(resolved);
  const progress = new Progress({ quiet: flags.quiet, intervalMs: 5000 });
  for (const notice of notices) progress.note(`note: ${notice}`);
  // 2. what would be done
  if (flags.dryRun) {
    print(await dryRun(config));
    return EXIT_CODES.success;
  }
  // 3. training
  const resume = flags.resume === true ? "latest" : flags.resume;
  const { prepare } = flags;
  const options = { progress, signal, resume, prepare, openModel };
  const result = await runTraining(config, options);
  // 4. what came of it
  if (result === undefined) return EXIT_CODES.success;
  if (result.lora === undefined) {
    progress.note(`stopped at step ${result.step}; go on with --resume`);
    return exitCodeOf(signal.reason);
  }
  print(describeResult(config, result));
  return EXIT_CODES.success;
}

/** Writes a config for a folder. */
async function init(args: readonly string[]): Promise<void> {
  const program = command("train init")
    .description("Writes a config that fits a folder of examples.")
    .argument("<folder>", "four-panel pictures with captions, or pairs.jsonl")
    .option("-o, --output <file>", "the config; FOLDER.yaml in this folder")
    .option("--model <path>", "base model", EMBEDDED_MODEL)
    .option("--force", "replace a file that is there");
  program.parse([...args], { from: "user" });
  const [folder] = program.args as [string];
  const { model, force = false, output = `${basename(resolve(folder))}.yaml` } =
    program.opts<
      {
        model: string;
        readonly force?: true | undefined;
        readonly output?: string | undefined;
      }
    >();
  await initConfig(folder, { model, output, force, note: warn });
  print(
    `wrote ${quoted(output)}\ndeno run -A apps/train/main.ts --config ${
      quoted(output)
    }`,
  );
}

/** A command that prints its help and throws what is wrong with its flags. */
function command(name: string): Command {
  return new Command(name).exitOverride().configureOutput({
    writeOut: (text) => print(text.trimEnd()),
    writeErr: () => {}, // errors are printed by run
  });
}

function parse(args: readonly string[]): Flags {
  const program = command("train")
    .description("Teaches a model an edit: a LoRA from four-panel tasks.")
    .addHelpText(
      "after",
      "\nA config for a folder of examples: train init FOLDER (train init --help)",
    )
    .option("--config <file>", "what to train, YAML or JSON; required")
    .option("--resume [latest | PATH]", "go on from a checkpoint")
    .option("--dry-run", "print parameters, memory and steps, train nothing")
    .option("--prepare", "draw and encode the data, train nothing")
    .option(
      "--set <key=value...>",
      "values in place of the config's, e.g. train.steps=100",
    )
    .option("--quiet", "no progress and no notices")
    .option("--verbose", "stacks of errors");
  program.parse([...args], { from: "user" });
  return program.opts<Flags>();
}

/** The LoRA that a run wrote, and the command that edits with it. */
function describeResult(
  { model, modelName }: TrainConfig,
  { lora, template }: TrainResult,
): string {
  const path = quoted(lora!);
  const base = modelName === EMBEDDED_MODEL ? "" : ` --model ${quoted(model)}`;
  return [
    `wrote ${path}, for captions "${template}"`,
    `edit-transfer edit${base} --lora ${path} --example BEFORE AFTER --query PICTURE --edit WORDS -o OUT.png`,
  ].join("\n");
}

/** A path as a shell takes it. */
function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path)
    ? path
    : `'${path.replaceAll("'", `'\\''`)}'`;
}
