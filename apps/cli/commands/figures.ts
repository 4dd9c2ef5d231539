import { LIMITS } from "@edit-transfer/files/limits";
import { type Split, writeCases, writePairs } from "@edit-transfer/figures";
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
  readonly template?: string | undefined;
  readonly types?: readonly string[] | undefined;
  readonly identities?: number | undefined;
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
    .option(
      "--template <text>",
      "captions, with {edit} for the words (default: the reference's)",
    )
    .option("--types <names...>", "types of edit to draw (default: all)")
    .option(
      "--identities <n>",
      "draw training data instead: each edit on so many figures",
      integer(LIMITS.identities),
    )
    .option("-o, --output <dir>", "folder to write to, required")
    .option("--force", "write into a folder that is not empty")
    .option("--quiet", "no progress")
    .action((flags) => run(flags, context));
};

async function run(flags: FiguresFlags, { signal }: Context): Promise<void> {
  const { output: given, force, quiet, identities, ...which } = flags;
  const output = required(given, "draw figures", "-o DIR");
  const progress = new Progress({ quiet, units: ["cases", "case"] });
  progress.start();
  try {
    const options = {
      ...which,
      onProgress: (written: number) =>
        progress.step(written, which.count, { label: "figures" }),
      signal,
    };
    const file = identities === undefined
      ? await writeCases(output, { ...options, overwrite: force === true })
      : await writePairs(output, {
        ...options,
        identities,
        existing: force ? "replace" : "refuse",
      });
    progress.end();
    print(file);
  } finally {
    progress.end();
  }
}
