import { atomicWrite } from "@edit-transfer/files";
import { LIMITS } from "@edit-transfer/files/limits";
import {
  type Control,
  type Cost,
  judgedTables,
  judgeMethods,
  judgeTasks,
  openJudge,
  type Protocol,
  PROTOCOLS,
  summarizeJudgements,
  unscoredNotices,
} from "@edit-transfer/judge";
import {
  formatCount,
  print,
  Progress,
  required,
  table,
} from "@edit-transfer/terminal";
import { Option } from "commander";
import { join } from "node:path";
import { integer, number } from "../flags.ts";
import { checkFree, makeFolder } from "../output.ts";
import {
  type NamedFolder,
  namedFolders,
  readMethods,
} from "../read_methods.ts";
import type { Context, Verb } from "../verb.ts";

/** Flags of `judge`. */
interface JudgeFlags {
  readonly cases?: string | undefined;
  readonly method?: readonly NamedFolder[] | undefined;
  readonly judge?: string | undefined;
  readonly judgeModel?: string | undefined;
  readonly judgeTemperature?: number | undefined;
  readonly protocol: readonly Protocol[];
  readonly control?: readonly Control[] | undefined;
  readonly repeats: number;
  readonly parallel: number;
  readonly output?: string | undefined;
  readonly dryRun?: true | undefined;
  readonly json?: true | undefined;
  readonly quiet?: true | undefined;
}

/** `judge`: a vision-language model judges methods. */
export const verb: Verb = (command, context) => {
  command
    .option("--cases <dir>", "cases that were edited, as `figures` writes them")
    .option(
      "--method <name=dir...>",
      "outputs of a method, by results.jsonl or named ID.png",
      namedFolders,
    )
    .option("--judge <url>", "endpoint of OpenAI's chat completions")
    .option("--judge-model <name>", "name of the model there")
    .option(
      "--judge-temperature <t>",
      "temperature of the model (default: the endpoint's)",
      number(LIMITS.temperature),
    )
    .addOption(
      new Option("--protocol <names...>", "how it judges")
        .choices(PROTOCOLS).default(["lmm"]),
    )
    .addOption(
      new Option(
        "--control <names...>",
        "judge once more without the example, or with its pictures exchanged",
      ).choices(["blind", "swapped"]),
    )
    .option(
      "--repeats <n>",
      "conversations of the LMM score, outputs in another order in each",
      integer(LIMITS.repeats),
      3,
    )
    .option(
      "--parallel <n>",
      "judgements at once",
      integer(LIMITS.parallel),
      4,
    )
    .option("-o, --output <dir>", "folder for replies and scores, required")
    .option("--dry-run", "tell the number of calls and tokens, and end")
    .option("--json", "print JSON")
    .option("--quiet", "no progress and no notices")
    .addHelpText(
      "after",
      "\nThe key comes from EDIT_TRANSFER_JUDGE_KEY, else OPENAI_API_KEY. Replies are kept in" +
        "\nDIR/replies.jsonl: a run that was stopped goes on, and nothing is asked twice.",
    )
    .action((flags) => run(flags, context));
};

async function run(flags: JudgeFlags, { signal }: Context): Promise<void> {
  const task = "judge methods";
  const folder = required(flags.cases, task, "--cases DIR");
  const methods = required(flags.method, task, "--method NAME=DIR");
  const url = required(flags.judge, task, "--judge URL");
  const model = required(flags.judgeModel, task, "--judge-model NAME");
  const output = required(flags.output, task, "-o DIR");
  const progress = new Progress({
    quiet: flags.quiet,
    units: ["judgements", "judgement"],
  });
  const tell = (notice: string) => progress.note(`notice: ${notice}`);
  await makeFolder(output, "the judge's replies");
  const at = (name: string) => join(output, name);
  const inputs = [join(folder, "cases.jsonl")];
  for (const name of ["replies.jsonl", "judgements.jsonl", "judge.json"]) {
    await checkFree(at(name), inputs);
  }
  const judge = await openJudge({
    url,
    model,
    temperature: flags.judgeTemperature,
    replies: at("replies.jsonl"),
    signal,
    onNotice: tell,
  });
  const cases = await readMethods(folder, methods, tell);
  const { protocol: protocols, control: controls, repeats } = flags;
  const tasks = judgeTasks(cases, { protocols, controls, repeats });
  const cost = await judge.estimate(tasks.map(({ procedure }) => procedure));
  tell(`${costText(cost)}, about`);
  if (flags.dryRun) {
    print(flags.json ? JSON.stringify(cost) : costText(cost));
    return;
  }
  try {
    progress.start();
    const judgements = await judgeMethods(judge, tasks, {
      parallel: flags.parallel,
      onProgress: (done, all) => progress.step(done, all, { label: model }),
    });
    progress.end();
    const rows = summarizeJudgements(judgements);
    const verdicts = judgements.map(({ verdict }) => verdict);
    const notices = unscoredNotices(verdicts);
    const spent = judge.spent();
    tell(costText(spent));
    notices.forEach(tell);
    const { origin, pathname } = new URL(url); // what follows may be a key
    const endpoint = `${origin}${pathname}`;
    const summary = {
      endpoint,
      model,
      protocols,
      repeats,
      rows,
      notices,
      spent,
    };
    const text = new TextEncoder();
    const lines = judgements.map((one) => `${JSON.stringify(one)}\n`).join("");
    await atomicWrite(at("judgements.jsonl"), text.encode(lines));
    const json = `${JSON.stringify(summary, undefined, 1)}\n`;
    await atomicWrite(at("judge.json"), text.encode(json));
    if (!verdicts.some((verdict) => "score" in verdict)) {
      throw new Error(
        `Cannot score any of ${verdicts.length} judgements: ${
          notices.join("; ")
        }`,
      );
    }
    const tables = judgedTables(rows).map(({ title, head, rows }) =>
      `${title}\n${table([head, ...rows])}`
    );
    print(flags.json ? JSON.stringify(summary) : tables.join("\n\n"));
  } finally {
    progress.end();
  }
}

function costText({ calls, kept, read, written }: Cost): string {
  return `${formatCount(calls)} calls, ${formatCount(read)} tokens read and ${
    formatCount(written)
  } written${kept === 0 ? "" : `; ${formatCount(kept)} replies are there`}`;
}
