import { readJson } from "@edit-transfer/files";
import { LIMITS } from "@edit-transfer/files/limits";
import {
  designStudy,
  PAPER_TASKS,
  rulesOf,
  STUDY_FILE,
  writeStudy,
} from "@edit-transfer/study";
import { print, required, UsageError, warn } from "@edit-transfer/terminal";
import { readdir } from "node:fs/promises";
import { integer } from "../flags.ts";
import {
  type NamedFolder,
  namedFolders,
  readMethods,
} from "../read_methods.ts";
import type { Verb } from "../verb.ts";

/** Flags of `study make`. */
interface StudyMakeFlags {
  readonly cases?: string | undefined;
  readonly method?: readonly NamedFolder[] | undefined;
  readonly tasks: number;
  readonly against?: string | undefined;
  readonly seed: number;
  readonly title?: string | undefined;
  readonly rules?: string | undefined;
  readonly output?: string | undefined;
  readonly force?: true | undefined;
  readonly quiet?: true | undefined;
}

/** `study make`: a page on which people compare methods. */
export const verb: Verb = (command) => {
  command
    .option("--cases <dir>", "cases that were edited, as `figures` writes them")
    .option(
      "--method <name=dir...>",
      "outputs of a method, by results.jsonl or named ID.png; two at least",
      namedFolders,
    )
    .option(
      "--tasks <n>",
      "comparisons; checks and doubled ones come on top",
      integer(LIMITS.cases),
      PAPER_TASKS,
    )
    .option("--against <name>", "compare this method with each other one only")
    .option("--seed <n>", "seed of sides and order", integer(LIMITS.seed), 0)
    .option("--title <text>", "title of the page, which everybody sees")
    .option("--rules <json>", "file with rules of exclusion")
    .option("-o, --output <dir>", "folder to write, required")
    .option("--force", "replace a study that is there")
    .option("--quiet", "no notices")
    .addHelpText(
      "after",
      "\nWrites DIR/page, for those who answer, and DIR/study.json, which tells what was on" +
        "\nwhich side: keep that to yourself, and unchanged, for `study tally`." +
        '\n\nRules, with their defaults:\n  {"leastAnswered": 0.5, "mostWrongChecks": 0.2, "leastConsistency": 0.5, "leastSeconds": 2}',
    )
    .action(run);
};

async function run(flags: StudyMakeFlags): Promise<void> {
  const task = "make a study";
  const folder = required(flags.cases, task, "--cases DIR");
  const output = required(flags.output, task, "-o DIR");
  const methods = required(flags.method, task, "--method NAME=DIR");
  await refuseOther(output, flags.force === true);
  const { rules, tasks, against, seed, title } = flags;
  const checked = rulesOf(
    rules === undefined ? {} : await readJson(rules, { what: "rules" }),
    rules ?? "",
  );
  const tell = (notice: string) => {
    if (!flags.quiet) warn(`notice: ${notice}`);
  };
  const cases = await readMethods(folder, methods, tell);
  const study = designStudy({
    cases: cases.map(({ id, answer }) => ({
      id,
      isAnswered: answer !== undefined,
    })),
    methods: methods.map(({ name }) => name),
    tasks,
    against,
    seed,
    title,
    rules: checked,
  });
  if (!study.tasks.some(({ kind }) => kind === "check")) {
    tell("there are no attention checks, as no case has an answer");
  }
  print(await writeStudy(output, study, cases));
}

/** Refuses to replace what is no study, or is one without `--force`. */
async function refuseOther(output: string, force: boolean): Promise<void> {
  const found = await readdir(output).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [] as string[];
    throw new UsageError(
      `Cannot write a study to "${output}" as it must be a folder: got ${
        error.code === "ENOTDIR" ? "a file" : error.code
      }`,
    );
  });
  const isStudy = found.length === 2 &&
    ["page", STUDY_FILE].every((name) => found.includes(name));
  if (found.length === 0 || isStudy && force) return;
  throw new UsageError(
    isStudy
      ? `Cannot write a study to "${output}" as one is there, which answers may be of: name another folder, or add --force`
      : `Cannot write a study to "${output}" as it must be empty: got ${found.length} entries, such as "${
        found[0]
      }"`,
  );
}
