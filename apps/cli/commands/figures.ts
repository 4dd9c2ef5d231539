import { LIMITS } from "@edit-transfer/files/limits";
import { type Split, writeCases } from "@edit-transfer/figures";
import { print, Progress, required } from "@edit-transfer/terminal";
import { Option } from "commander";
import type { Size } from "@edit-transfer/image";
import { integer, size } from "../flags.ts";
import type { Context, Verb } from "../verb.ts";

/** Flags of `figures`. */
interface FiguresFlags {
  readonly split: Split;
  readonly seed: number;
  readonly count: number;
  readonly compose: number;
  readonly size?: Size | undefined;
  readonly output?: string | undefined;
  readonly force?: true | undefined;
  readonly quiet?: true | undefined;
}

/** `figures`: cases of edit transfer whose answers are known. */
export const verb: Verb = (command, context) => {
  command
    .addOption(
      new Option("--split <name>", "whose identities and edits to draw")
        .choices(["train", "test", "unseen"]).default("test"),
    )
    .option("--seed <n>", "seed of the set", integer(LIMITS.seed), 0)
    .option("--count <n>", "number of cases", integer(LIMITS.cases), 16)
    .option(
      "--compose <k>",
      "edits made at once, 1 to 3",
      integer(LIMITS.compose),
      1,
    )
    .option(
      "--size <n | WxH>",
      "size of a panel in pixels (default: 64)",
      size,
    )
    .option("-o, --output <dir>", "folder to write to, required")
    .option("--force", "write into a folder that is not empty")
    .option("--quiet", "no progress")
    .action((flags) => run(flags, context));
};

async function run(flags: FiguresFlags, { signal }: Context): Promise<void> {
  const { output: given, force, quiet, ...which } = flags;
  const output = required(given, "draw figures", "-o DIR");
  const progress = new Progress({ quiet, units: ["cases", "case"] });
  progress.start();
  try {
    const file = await writeCases(output, {
      ...which,
      overwrite: force === true,
      onProgress: (written) =>
        progress.step(written, which.count, { label: "figures" }),
      signal,
    });
    progress.end();
    print(file);
  } finally {
    progress.end();
  }
}
