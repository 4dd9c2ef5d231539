import { DeviceError, OutOfMemoryError } from "@edit-transfer/tensor";
import { Command, CommanderError } from "commander";
import process from "node:process";
import { ConfigError } from "./config_error.ts";
import type { OpenModel } from "./model.ts";
import { ProgressBar } from "./progress_bar.ts";
import { runTraining, type TrainFlags } from "./run_training.ts";

/** Flags as they are parsed. */
type Flags = TrainFlags & { readonly quiet?: true; readonly verbose?: true };

/**
 * Runs one command line. The first Ctrl-C finishes the step and saves, the
 * second one ends the program at once.
 *
 * Returns the exit code: 0, or 1 failure, 2 usage, 3 no device, 4 out of
 * memory, 130 interrupted.
 */
export async function run(
  args: readonly string[],
  { openModel }: { readonly openModel: OpenModel },
): Promise<number> {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(130);
    process.stderr.write(
      "\nfinishing the step; press Ctrl-C again to stop at once\n",
    );
    controller.abort(new DOMException("Interrupted", "AbortError"));
  };
  process.on("SIGINT", interrupt);
  try {
    const flags = parse(args);
    const progress = new ProgressBar({
      stream: process.stderr,
      quiet: flags.quiet === true,
    });
    const result = await runTraining(flags, {
      openModel,
      progress,
      print: (text) => process.stdout.write(text),
      signal: controller.signal,
    });
    return result?.interrupted === true ? 130 : 0;
  } catch (error) {
    const message = explain(error, args.includes("--verbose"));
    if (message !== undefined) process.stderr.write(`${message}\n`);
    return exitCodeOf(error);
  } finally {
    process.off("SIGINT", interrupt);
  }
}

function parse(args: readonly string[]): Flags {
  const program = new Command("train")
    .description("Teaches a model an edit: a LoRA from four-panel tasks.")
    .option("--config <file>", "what to train, YAML or JSON; required")
    .option("--resume [latest | PATH]", "go on from a checkpoint")
    .option("--dry-run", "print parameters, memory and steps, train nothing")
    .option("--prepare", "draw and encode the data, train nothing")
    .option(
      "--set <key=value...>",
      "values in place of the config's, e.g. train.steps=100",
    )
    .option("--quiet", "no progress and no notices")
    .option("--verbose", "stacks of errors")
    .exitOverride()
    .configureOutput({ writeErr: () => {} }); // errors are printed by run
  program.parse([...args], { from: "user" });
  const flags = program.opts<Flags>();
  if (flags.config === undefined) {
    throw new ConfigError(
      "Cannot train as --config FILE is required: got none",
    );
  }
  return flags;
}

function exitCodeOf(error: unknown): number {
  const cause = error instanceof Error && error.cause instanceof Error
    ? error.cause
    : error;
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof ConfigError) return 2;
  for (const one of [error, cause]) {
    if (one instanceof OutOfMemoryError) return 4;
    if (one instanceof RangeError && /allocation failed/i.test(one.message)) {
      return 4;
    }
    if (one instanceof DeviceError) return 3;
    if (one instanceof DOMException && one.name === "AbortError") return 130;
  }
  return 1;
}

/** What to tell the user about a failure; nothing where help was printed. */
function explain(error: unknown, stack: boolean): string | undefined {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return undefined;
    return error.message.replace(/\s*\n\s*/g, " ");
  }
  if (!(error instanceof Error)) return `error: ${String(error)}`;
  return `error: ${stack ? error.stack ?? error.message : error.message}`;
}
