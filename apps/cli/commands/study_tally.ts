import {
  markdownTally,
  readAnswers,
  readStudy,
  tallyStudy,
  tallyTables,
} from "@edit-transfer/study";
import { print, table, UsageError, warn } from "@edit-transfer/terminal";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Verb } from "../verb.ts";

/** Flags of `study tally`. */
interface StudyTallyFlags {
  readonly json?: true | undefined;
  readonly markdown?: true | undefined;
}

/** `study tally`: what people answered. */
export const verb: Verb = (command) => {
  command
    .argument("<study>", "folder that `study make` wrote, or its study.json")
    .argument(
      "<answers...>",
      "files that people downloaded, or folders of them",
    )
    .option("--json", "print JSON")
    .option("--markdown", "print Markdown")
    .action(run);
};

async function run(
  path: string,
  given: readonly string[],
  { json, markdown }: StudyTallyFlags,
): Promise<void> {
  if (json && markdown) {
    throw new UsageError("Cannot print both JSON and Markdown: choose one");
  }
  const study = await readStudy(path);
  const files = (await Promise.all(given.map(answerFiles))).flat();
  const { people, notices } = await readAnswers(files, study);
  for (const notice of notices) warn(`notice: ${notice}`);
  if (people.length === 0) {
    throw new Error(
      `Cannot tally as there must be answers of the study: got none in ${files.length} files`,
    );
  }
  const tally = tallyStudy(study, people);
  if (json) print(JSON.stringify({ ...tally, notices }));
  else if (markdown) print(markdownTally(tally, notices).trimEnd());
  else {
    const tables = tallyTables(tally).map(({ title, head, rows, notes }) =>
      [title, table([head, ...rows]), ...notes].join("\n")
    );
    print([tally.title, ...tables].join("\n\n"));
  }
}

/** A file, or the JSON files of a folder. */
async function answerFiles(path: string): Promise<string[]> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => name.endsWith(".json"));
  return names.sort().map((name) => join(path, name));
}
