import {
  attemptsOf,
  cancelJobs,
  findJobs,
  type JobDetails,
  openDashboard,
  openQueue,
  type Queue,
  queueStatus,
  retryJobs,
  seenIn,
} from "@edit-transfer/queue";
import {
  formatDuration,
  print,
  table,
  UsageError,
} from "@edit-transfer/terminal";
import type { Command } from "commander";
import { port, queueOf, withQueueFlag } from "../queue_flags.ts";
import type { Verb } from "../verb.ts";

interface Flags {
  readonly queue?: string | undefined;
  readonly json?: true | undefined;
}

/** `queue`: looks into a queue, and changes it. */
export const verb: Verb = (command, { signal }) => {
  command
    .argument("[verb]", "status, inspect, retry, cancel, drain or dashboard")
    .helpCommand(false)
    .action((verb = "none") => {
      throw new UsageError(
        `Cannot run queue as its verb must be status, inspect, retry, cancel, drain or dashboard: got ${verb}`,
      );
    });
  const add = (
    name: string,
    about: string,
    body: (
      queue: Queue,
      flags: Flags & Record<string, unknown>,
      words: string[],
    ) => Promise<void>,
  ): Command =>
    withQueueFlag(command.command(name).description(about))
      .option("--json", "print JSON")
      .option("--verbose", "stacks of errors")
      .action(async (...given) => {
        const self = given.at(-1) as Command;
        const flags = self.opts<Flags & Record<string, unknown>>();
        await using queue = await openQueue(
          queueOf(flags, `run queue ${name}`),
        );
        await body(queue, flags, self.args);
      });

  add("status", "show how many jobs are where, who works, what failed", status);
  add(
    "inspect",
    "show a job and all tries of it",
    async (queue, flags, [start]) =>
      await inspect(queue, await oneJob(queue, start!), flags),
  )
    .argument("<job>", "its identity, or the first digits of it");
  add(
    "retry",
    "let jobs that failed or were cancelled begin anew",
    async (queue, flags, words) => {
      const ids = await identities(queue, words);
      tell(flags, "jobs begin anew", await retryJobs(queue, ids));
    },
  ).argument("[jobs...]", "identities (default: all of them)");
  add(
    "cancel",
    "cancel jobs; one that runs stops at its next step",
    async (queue, flags, words) =>
      tell(
        flags,
        "jobs cancelled",
        await cancelJobs(queue, (await identities(queue, words))!),
      ),
  )
    .argument("<jobs...>", "identities");
  add(
    "drain",
    "cancel all jobs that wait",
    async (queue, flags) =>
      tell(
        flags,
        "jobs cancelled",
        await cancelJobs(queue, flags.running === true ? "all" : "waiting"),
      ),
  )
    .option("--running", "cancel those that run, too");
  add(
    "dashboard",
    "serve the engine's own page to this machine",
    async (_, flags) => {
      await using page = await openDashboard(flags.queue!, {
        port: flags.port as number,
      });
      print(flags.json === true ? JSON.stringify({ url: page.url }) : page.url);
      await new Promise<void>((resolve) => {
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    },
  ).option("--port <n>", "port of 127.0.0.1", port, 3000);
};

/** Tells a count. */
function tell({ json }: Flags, what: string, jobs: number): void {
  print(json === true ? JSON.stringify({ jobs }) : `${jobs} ${what}`);
}

/** The job that a text names. */
async function oneJob(queue: Queue, start: string): Promise<JobDetails> {
  const [job, other] = await findJobs(queue, start);
  if (job === undefined) throw new Error(`Job not found: "${start}"`);
  if (other === undefined) return job;
  throw new UsageError(
    `Cannot tell the job as its digits must be those of one: got "${start}", which begins ${job.id} and ${other.id}`,
  );
}

/** Identities of the jobs that texts name; undefined for none. */
async function identities(
  queue: Queue,
  words: readonly string[],
): Promise<string[] | undefined> {
  if (words.length === 0) return undefined;
  const jobs = [];
  for (const word of words) jobs.push(await oneJob(queue, word));
  return jobs.map(({ id }) => id);
}

async function status(queue: Queue, { json }: Flags): Promise<void> {
  const found = await queueStatus(queue);
  if (json === true) return print(JSON.stringify(found));
  if (found.queues.length === 0) return print(`${queue.shown} has no jobs`);
  const head = [
    "queue",
    "waiting",
    "running",
    "done",
    "failed",
    "cancelled",
    "oldest",
    "workers",
  ];
  const rows = found.queues.map((one) => [
    one.name,
    `${one.waiting}`,
    `${one.running}`,
    `${one.done}`,
    `${one.failed}`,
    `${one.cancelled}`,
    one.oldestSeconds === undefined ? "-" : formatDuration(one.oldestSeconds),
    `${one.workers.length}`,
  ]);
  print(table([head, ...rows]));
  for (const { name, workers } of found.queues) {
    if (workers.length > 0) {
      print(`\nworkers of ${name}: ${workers.join(", ")}`);
    }
  }
  if (found.deadLetters.length === 0) return;
  print("\nfailed for good, the newest first:");
  for (const { job, seen } of found.deadLetters) print(`  ${job}  ${seen}`);
}

async function inspect(
  queue: Queue,
  job: JobDetails,
  { json }: Flags,
): Promise<void> {
  const attempts = await attemptsOf(queue, job.id);
  if (json === true) return print(JSON.stringify({ ...job, attempts }));
  const time = (date: Date | undefined) => date?.toISOString() ?? "-";
  print([
    `job      ${job.id}`,
    `queue    ${job.name}`,
    `state    ${job.state}`,
    `put      ${time(job.created)}`,
    `ended    ${time(job.ended)}`,
    ...job.state === "failed" ? [`seen     ${seenIn(job.output)}`] : [],
    ...job.state === "completed" ? [`output   ${job.output?.output}`] : [],
    `data     ${JSON.stringify(job.data)}`,
  ].join("\n"));
  if (attempts.length === 0) return;
  print("");
  const last = attempts.at(-1);
  print(table([
    ["try", "worker", "began", "ended", "came of it"],
    ...attempts.map((one) => [
      `${one.number}`,
      one.worker,
      time(one.started),
      time(one.ended),
      one.outcome === undefined
        ? one === last && job.state === "active"
          ? "runs"
          : "the worker died or lost its lock"
        : [one.outcome, ...one.seen === undefined ? [] : [one.seen]].join(": "),
    ]),
  ]));
}
